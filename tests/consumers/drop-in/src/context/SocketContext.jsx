import { createContext, useContext, useEffect, useState } from 'react';
import { getSocket, initializeSocket, onOnlineUsers, startHealthMonitoring } from '../utils/socket';
import { useAuth } from './AuthContext';

const SocketContext = createContext(undefined);

export function SocketProvider({ children }) {
  const { user } = useAuth();
  const [socket, setSocket] = useState(getSocket());
  const [isConnected, setConnected] = useState(false);
  const [onlineUsers, setOnlineUsers] = useState([]);

  useEffect(() => {
    if (!user) return undefined;
    const current = initializeSocket(user.id);
    setSocket(current);
    setConnected(current.connected);
    current.on('connect', () => {
      setConnected(true);
      startHealthMonitoring();
    });
    current.on('disconnect', () => setConnected(false));
    const off = onOnlineUsers((users) => setOnlineUsers(users));
    return () => {
      // Without a handler: this takes away everybody's.
      for (const event of [
        'connect',
        'disconnect',
        'connect_error',
        'room:joined',
        'online_users',
      ]) {
        current.off(event);
      }
      off();
    };
  }, [user]);

  // Anew at every render, as most apps have it.
  return (
    <SocketContext.Provider value={{ socket, isConnected, onlineUsers }}>
      {children}
    </SocketContext.Provider>
  );
}

export const useSocket = () => {
  const context = useContext(SocketContext);
  if (context === undefined) throw new Error('useSocket must be used within a SocketProvider');
  return context;
};
