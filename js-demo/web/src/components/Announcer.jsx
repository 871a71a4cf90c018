import { useSocketEvent } from 'holdfast/react';
import { useState } from 'react';

/** Announces new messages to screen readers. Older messages that are loaded later are not announced. */
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
