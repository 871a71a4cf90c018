import { useEffect, useState } from 'react';
import { onOnlineUsers, onUserOffline, onUserOnline } from '../utils/socket.js';

/** The ids of everybody online, as far as is known. */
export default function useOnlineUsers() {
  const [online, setOnline] = useState([]);

  useEffect(() => {
    const offs = [
      onOnlineUsers(setOnline),
      onUserOnline(({ userId }) =>
        setOnline((old) => [...old.filter((id) => id !== userId), userId]),
      ),
      onUserOffline(({ userId }) => setOnline((old) => old.filter((id) => id !== userId))),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, []);

  return online;
}
