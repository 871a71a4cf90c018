import { useEffect, useState } from 'react';
import { useSocket } from '../context/SocketContext';

export function GlobalChat() {
  const { socket } = useSocket();
  const [texts, setTexts] = useState([]);
  useEffect(() => {
    // Its own way of attaching only once; it never takes its listener away.
    if (!socket || socket.listeners('global_message:new').length > 0) return;
    socket.on('global_message:new', ({ text }) => setTexts((all) => [...all, text]));
  }, [socket]);
  return <aside id="global">{texts.join()}</aside>;
}
