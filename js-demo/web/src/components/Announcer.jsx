import { useSocketEvent } from 'holdfast/react';
import { useState } from 'react';

/** Says what comes in to those who listen to the page: new messages, not the old ones one pages to. */
export default function Announcer({ peer, isTyping }) {
  const [text, setText] = useState('');

  useSocketEvent('message:new', ({ sender, content }) => {
    if (sender._id === peer._id) setText(`${peer.username}: ${content}`);
  });

  return (
    <p className="sr-only" role="status">
      {isTyping ? `${peer.username} is writing` : text}
    </p>
  );
}
