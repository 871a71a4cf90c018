// What type-checks with `holdfast/react`, and what must not.

import { createClient } from 'holdfast';
import SocketContextByDefault, {
  createSocketHooks,
  SocketContext,
  SocketContextProvider,
  SocketProvider,
  type SocketView,
  useConnectionHealth,
  useIsOnline,
  useOnlineUsers,
  useOutbox,
  useSendMessage,
  useSocket,
  useSocketContext,
  useSocketEvent,
} from 'holdfast/react';
import { useContext, useRef } from 'react';
import type { Socket } from 'socket.io-client';

interface Message {
  _id: string;
  text: string;
}
interface ServerEvents {
  'message:new': (message: Message) => void;
  pair: (a: number, b: string) => void;
}
interface ClientEvents {
  typing: (data: { to: string }) => void;
}

export function Untyped() {
  const { socket, isConnected, connected, isReady, connectionHealth, onlineUsers, error } =
    useSocket();
  const same: Socket | null = socket;
  const flags: boolean[] = [isConnected, connected, isReady, connectionHealth.isHealthy];
  const users: readonly string[] = onlineUsers;
  const phase = useSocket((view) => view.phase);
  const isUp: boolean = phase === 'ready';
  // @ts-expect-error no such phase
  const isDown: boolean = phase === 'broken';
  // @ts-expect-error the state is read-only
  useSocket().isReady = true;
  const { reconnect, sendMessage } = useSocketContext();
  reconnect();
  sendMessage({ to: 'bob' }, (result) => {
    if (result.success) return;
    if (result.queued) return;
    const code: string = result.error;
    console.log(code, result.maybeDelivered);
  });
  useSocketEvent('message:new', (message: Message) => console.log(message.text));
  useSocketEvent('anything', (first) => {
    // @ts-expect-error nobody said what it is
    console.log(first.text);
  });
  const view: SocketView | null = useContext(SocketContext);
  const again: typeof SocketContext = SocketContextByDefault;
  const rtt: number | null = useConnectionHealth().rttMs;
  const isOnline: boolean = useIsOnline(7);
  const waitsFor: 'link' | 'turn' | 'delay' | 'answer' | undefined = useOutbox()[0]?.waitsFor;
  return (
    <>
      {String([same, flags, users, isUp, isDown, error, view, again, rtt, isOnline, waitsFor])}
      {useOnlineUsers().map((id) => id.toUpperCase())}
    </>
  );
}

const typed = createSocketHooks<ServerEvents, ClientEvents, { text: string }, { _id: string }>();

export function Typed() {
  typed.useSocketEvent('message:new', (message) => console.log(message.text));
  typed.useSocketEvent('pair', (a, b) => console.log(a.toFixed(), b.length));
  typed.useSocketEvent('disconnect', (reason) => console.log(reason === 'io server disconnect'));
  typed.useSocketEvent('connect_error', (error) => console.log(error.message, error.data));
  // @ts-expect-error no such event
  typed.useSocketEvent('message:nwe', () => {});
  // @ts-expect-error a message is no number
  typed.useSocketEvent('message:new', (message: number) => console.log(message));
  const { socket } = typed.useSocket();
  socket?.emit('typing', { to: 'bob' });
  // @ts-expect-error no such event
  socket?.emit('tpying', { to: 'bob' });
  const { send, messages, retry, cancel, dismiss } = typed.useSendMessage();
  const { id, status } = send({ text: 'hi' }, { ttlMs: 1000 });
  const isTaken: boolean = status !== 'failed';
  // @ts-expect-error text is missing
  send({});
  retry(id);
  dismiss(id);
  const wasWaiting: boolean = cancel(id);
  const [first] = messages;
  const reply: string | undefined = first?.reply?._id;
  const isMaybeThere: boolean = first?.error?.maybeDelivered ?? false;
  const selected: number = typed.useSocket((view) => view.queueLength);
  return (
    <>{String([wasWaiting, isTaken, reply, isMaybeThere, selected, useSendMessage().messages])}</>
  );
}

/** The element's tag is typed where `holdfast/inspector-react` is part of the program. */
export function Tag() {
  const taken = useRef<HTMLElementTagNameMap['holdfast-inspector']>(null);
  return (
    <>
      <holdfast-inspector inline="" theme="dark" ref={taken} />
      {/* @ts-expect-error no such theme */}
      <holdfast-inspector theme="blue" />
    </>
  );
}

export function Providers() {
  const client = createClient();
  return (
    <SocketProvider userId="alice" isAuthenticated>
      <SocketContextProvider client={client}>
        <SocketProvider options={{ url: 'https://example.com' }} userId={null} />
      </SocketContextProvider>
      {/* @ts-expect-error no such option */}
      <SocketProvider options={{ ulr: 'https://example.com' }} />
      {/* @ts-expect-error not a client */}
      <SocketProvider client={{}} />
    </SocketProvider>
  );
}
