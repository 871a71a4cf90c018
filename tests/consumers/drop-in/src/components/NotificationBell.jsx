import { useEffect, useState } from 'react';
import { getSocket } from '../utils/socket';

export function NotificationBell() {
  const [count, setCount] = useState(0);
  useEffect(() => {
    // Once, at mount: a component that finds nothing here never hears of anything.
    const socket = getSocket();
    if (!socket) return undefined;
    const onNotification = () => setCount((before) => before + 1);
    socket.on('notification:new', onNotification);
    return () => socket.off('notification:new', onNotification);
  }, []);
  return <output id="bell">{count}</output>;
}
