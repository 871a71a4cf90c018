// A server component: it knows who asks, and renders the chat once without a connection.

import { Chat } from './chat';

// A real app knows its user from a session. Here `?user=ben` names one.
export default async function Page({ searchParams }) {
  const { user = 'anna' } = await searchParams;
  return <Chat user={user} />;
}
