// The app's state is one zustand store. Holdfast stands behind it, and no component knows of it.

import { createClient } from 'holdfast';
import { create } from 'zustand';

// A real app knows its user from a login. Here `?user=ben` names one.
const me = new URLSearchParams(location.search).get('user') ?? 'anna';

const client = createClient({
  url: import.meta.env.VITE_SERVER_URL ?? 'http://localhost:3001',
  userId: me,
  auth: { userId: me },
});

export const useChat = create(() => ({
  me,
  isConnected: false,
  delivered: [],
  waiting: [],
  failure: null,
}));

client.on('history', (delivered) => useChat.setState({ delivered }));
client.on('message:new', (message) =>
  useChat.setState(({ delivered }) => ({ delivered: [...delivered, message] })),
);
client.subscribe(() =>
  useChat.setState({
    isConnected: client.getState().isConnected,
    // What the server has not answered yet, also from before a reload.
    waiting: client.outbox().map(({ id, data }) => ({ id, from: me, text: data.text })),
  }),
);
client.connect();

export async function send(text) {
  try {
    await client.send('send_message', { text });
  } catch (error) {
    useChat.setState({ failure: error.code });
  }
}

/** All messages for the list. One that the server has is no longer shown as waiting. */
export function rowsOf({ delivered, waiting }) {
  const known = new Set(delivered.map(({ from, id }) => `${from} ${id}`));
  return [
    ...delivered.map((message) => ({ ...message, status: 'delivered' })),
    ...waiting
      .filter(({ from, id }) => !known.has(`${from} ${id}`))
      .map((message) => ({ ...message, status: 'waiting' })),
  ];
}
