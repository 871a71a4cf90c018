'use client';

import { SocketProvider, useOutbox, useSocket, useSocketEvent } from 'holdfast/react';
import { useMemo, useState } from 'react';

const url = process.env.NEXT_PUBLIC_SERVER_URL ?? 'http://localhost:3001';

/** The connection begins in the browser. On the server of Next the provider only renders. */
export function Chat({ user }) {
  const options = useMemo(() => ({ url, auth: { userId: user } }), [user]);
  return (
    <SocketProvider options={options} userId={user}>
      <Messages me={user} />
    </SocketProvider>
  );
}

function Messages({ me }) {
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
    <main>
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
    </main>
  );
}
