import { useEffect, useState } from 'react';
import { onNewMessage } from '../utils/socket.js';

/** How many messages came from whom, apart from the one whose conversation is open. */
export default function useUnread(myId, openId) {
  const [unread, setUnread] = useState({});

  useEffect(
    () =>
      onNewMessage(({ sender }) => {
        if (sender._id === openId || sender._id === myId) return;
        setUnread((old) => ({ ...old, [sender._id]: (old[sender._id] ?? 0) + 1 }));
      }),
    [myId, openId],
  );

  const markRead = (id) => setUnread((old) => ({ ...old, [id]: 0 }));
  return [unread, markRead];
}
