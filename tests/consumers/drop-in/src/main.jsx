import { StrictMode, version } from 'react';
import { createRoot } from 'react-dom/client';
import { GlobalChat } from './components/GlobalChat';
import { MessagesController } from './components/MessagesController';
import { MiniChat } from './components/MiniChat';
import { NotificationBell } from './components/NotificationBell';
import { AuthProvider, useAuth } from './context/AuthContext';
import { SocketProvider, useSocket } from './context/SocketContext';
import socketModule from './utils/socket';

function Page() {
  Object.assign(window, useAuth());
  const { socket, isConnected } = useSocket();
  return (
    <main data-connected={String(isConnected)} data-socket={String(Boolean(socket))}>
      <NotificationBell />
      <MessagesController recipientId="bob" />
      <MiniChat recipientId="bob" />
      <GlobalChat />
    </main>
  );
}

window.socketModule = socketModule;
window.reactVersion = version;
const root = createRoot(document.body.appendChild(document.createElement('div')));
root.render(
  <StrictMode>
    <AuthProvider>
      <SocketProvider>
        <Page />
      </SocketProvider>
    </AuthProvider>
  </StrictMode>,
);
