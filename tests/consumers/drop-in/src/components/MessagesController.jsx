import { useEffect, useState } from 'react';
import { useSocket } from '../context/SocketContext';
import { sendMessage } from '../utils/socket';

export function MessagesController({ recipientId }) {
  const { socket, onlineUsers } = useSocket();
  const [messages, setMessages] = useState([]);

  useEffect(() => {
    if (!socket) return undefined;
    const onMessage = (message) => setMessages((all) => [...all, message]);
    const onTyping = ({ userId, isTyping }) => setTyping(isTyping ? userId : '');
    socket.on('message:new', onMessage);
    socket.on('user_typing', onTyping);
    return () => {
      socket.off('message:new', onMessage);
      socket.off('user_typing', onTyping);
    };
  }, [socket]);
  const [typing, setTyping] = useState('');

  const send = (content) => {
    const _tempId = `temp_${Date.now()}_${Math.random()}`;
    setMessages((all) => [...all, { _tempId, content, state: 'sending' }]);
    const mark = (state) =>
      setMessages((all) => all.map((one) => (one._tempId === _tempId ? { ...one, state } : one)));
    sendMessage({ recipientId, content, _tempId }, (result) => {
      if (result.queued) mark('queued');
      else mark(result.success ? 'sent' : `failed ${result.error}`);
    });
  };
  window.send = send;

  return (
    <section id="messages" data-online={onlineUsers.join()} data-typing={typing}>
      {messages.map(({ _id, _tempId, content, state }) => (
        <p key={_id ?? _tempId}>{`${content}: ${state ?? 'received'}`}</p>
      ))}
    </section>
  );
}
