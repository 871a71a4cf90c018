// An app in TypeScript, as strict as it can be. It runs in Node once it is compiled.
import { type Client, createClient, type DeliveryError, type Options, type State } from 'holdfast';
import { io } from 'holdfast/io';
import { createSocketHooks, SocketProvider } from 'holdfast/react';
import { createDeduplicator } from 'holdfast/server';
import { configureSocket, disconnectSocket, initializeSocket, sendMessage } from 'holdfast/socket';
import type { ReactNode } from 'react';
import type { Socket } from 'socket.io-client';

interface Message {
  content: string;
}
interface Reply {
  success: boolean;
  messageId: string;
}
interface ServerEvents {
  noted: (text: string) => void;
}
interface ClientEvents {
  note: (text: string) => void;
}

const hooks = createSocketHooks<ServerEvents, ClientEvents, Message, Reply>();

export function Chat({ user }: { user?: { id: string } }): ReactNode {
  return (
    <SocketProvider userId={user?.id} isAuthenticated={user === undefined ? undefined : true}>
      <Messages />
    </SocketProvider>
  );
}

function Messages(): ReactNode {
  const { send, messages } = hooks.useSendMessage();
  const isReady: boolean = hooks.useSocket((view) => view.isReady);
  hooks.useSocketEvent('noted', (text) => send({ content: text.toUpperCase() }));
  // @ts-expect-error no such event
  hooks.useSocketEvent('nothing', () => {});
  return messages.map(({ id, status, reply }) => `${isReady} ${id} ${status} ${reply?.messageId}`);
}

export const once = createDeduplicator({
  userId: (socket) => socket.data.userId,
  max: undefined,
});

async function main(url: string): Promise<void> {
  const options: Options = { url, userId: 'alice', auth: { token: 'any' }, onError: undefined };
  const client: Client = createClient(options);
  client.connect();
  const reply: Reply = await client.send<Reply>('send_message', { content: 'by send' });
  const state: State = client.getState();
  client.destroy();
  if (reply.messageId !== 'by send' || !state.isConnected) throw new Error(JSON.stringify(reply));

  configureSocket(options);
  initializeSocket('alice');
  const result = await sendMessage({ recipientId: 'bob', content: 'by sendMessage' });
  disconnectSocket();
  if (!result.success || result.confirmedBy !== 'ack') throw new Error(JSON.stringify(result));

  const socket: Socket<ServerEvents, ClientEvents> = io(url, { holdfast: { userId: undefined } });
  socket.on('noted', () => socket.disconnect());
  socket.emit('note', 'by emit');
}

export const isRetryable = (error: DeliveryError): boolean => error.retryable;

main(String(process.env.HOLDFAST_SERVER));
