// The whole client: a list of messages, each waiting or delivered, and a field to write in.

import { SocketProvider, useOutbox, useSocket, useSocketEvent } from 'holdfast/react';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';

// A real app knows its user from a login. Here `?user=ben` names one.
const me = new URLSearchParams(location.search).get('user') ?? 'anna';

const options = {
  url: import.meta.env.VITE_SERVER_URL ?? 'http://localhost:3001',
  auth: { userId: me },
};

createRoot(document.querySelector('main')).render(
  <SocketProvider options={options} userId={me}>
    <Chat />
  </SocketProvider>,
);

function Chat() {
  const { isReady, sendMessage } = useSocket();
  const [messages, setMessages] = useState([]);
  const outbox = useOutbox(); // What the server has not answered yet, also from before a reload.

  useSocketEvent('history', setMessages);
  useSocketEvent('message:new', (message) => setMessages((all) => [...all, message]));

  function send(form) {
    const text = form.get('text').trim();
    if (text) sendMessage({ text });
  }

  const isDelivered = (id) => messages.some((message) => message.from === me && message.id === id);
  const waiting = outbox.filter(({ id }) => !isDelivered(id));
  const rows = [
    ...messages.map((message) => ({ ...message, status: 'delivered' })),
    ...waiting.map(({ id, data }) => ({ id, from: me, text: data.text, status: 'waiting' })),
  ];

  return (
    <>
      <h1>
        {me} <small>{isReady ? 'connected' : 'connecting'}</small>
      </h1>
      <ol>
        {rows.map(({ id, from, text, status }) => (
          <li key={`${from} ${id}`} className={status}>
            <b>{from}</b> <span>{text}</span> <small>{status}</small>
          </li>
        ))}
      </ol>
      <form action={send}>
        <input name="text" placeholder="Write a message" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
      </form>
    </>
  );
}
