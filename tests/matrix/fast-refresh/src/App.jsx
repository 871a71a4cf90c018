import { createClient } from 'holdfast';
import { SocketProvider } from 'holdfast/react';
import { useState } from 'react';
import { Chat } from './Chat.jsx';
import { OfClient } from './OfClient.jsx';

const url = new URLSearchParams(window.location.search).get('server');
const options = { url, auth: { token: 'any' } };

export function App() {
  const [client] = useState(() => createClient({ ...options, userId: 'bob' }));
  return (
    <>
      <h1>App 1</h1>
      <SocketProvider options={options} userId="alice">
        <Chat />
      </SocketProvider>
      <SocketProvider client={client}>
        <OfClient />
      </SocketProvider>
    </>
  );
}
