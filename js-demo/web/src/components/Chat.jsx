import { useEffect, useState } from 'react';
import useConnection from '../hooks/useConnection.js';
import useOnlineUsers from '../hooks/useOnlineUsers.js';
import useUnread from '../hooks/useUnread.js';
import { dropToken } from '../utils/session.js';
import { getSocket, initializeSocket } from '../utils/socket.js';
import ConnectionBanner from './ConnectionBanner.jsx';
import MessagesController from './MessagesController.jsx';
import PeopleList from './PeopleList.jsx';

export default function Chat({ me, people, onLeave }) {
  const others = people.filter(({ _id }) => _id !== me._id);
  const [peerId, setPeerId] = useState(null);
  const peer = others.find(({ _id }) => _id === peerId);
  const connection = useConnection();
  const online = useOnlineUsers();
  const [unread, markRead] = useUnread(me._id, peerId);

  useEffect(() => {
    initializeSocket(me._id);
    const socket = getSocket();
    const onRejected = (error) => {
      if (error.data?.code === 'UNAUTHORIZED') dropToken();
    };
    socket.on('connect_error', onRejected);
    return () => socket.off('connect_error', onRejected);
  }, [me._id]);

  function open(id) {
    markRead(id);
    setPeerId(id);
  }

  return (
    <div className={peer ? 'chat with-peer' : 'chat'}>
      <header className="topbar">
        <h1>Holdfast chat</h1>
        <ConnectionBanner {...connection} />
        <span className="me">
          <span data-testid="me">{me.username}</span>
          <button type="button" className="plain" onClick={onLeave}>
            Sign out
          </button>
        </span>
      </header>
      <PeopleList people={others} online={online} unread={unread} chosen={peerId} onChoose={open} />
      <MessagesController
        me={me}
        peer={peer}
        isOnline={online.includes(peerId)}
        connection={connection}
        onBack={() => open(null)}
      />
    </div>
  );
}
