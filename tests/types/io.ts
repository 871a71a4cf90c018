// What type-checks of `holdfast/io`, and what must not.

import plain, { connect, io, Manager, type ManagerOptions, protocol, Socket } from 'holdfast/io';

interface ToServer {
  chat: (text: string) => void;
}
interface ToClient {
  chat: (from: string, text: string) => void;
}

const socket: Socket<ToClient, ToServer> = io('http://localhost', {
  auth: { token: 'x' },
  reconnectionDelay: 100,
  holdfast: {
    userId: () => 'alice',
    ways: { bid: { way: 'received', repeat: false }, cursor: { way: 'latest', key: (d) => d.id } },
    session: ['enter', /^join/, { join: 'sit', leave: 'stand' }],
    volatile: ['typing', /^cursor/],
    onError({ code, event, args, maybeDelivered }) {
      const all: [string, string | undefined, readonly unknown[] | undefined, boolean | undefined] =
        [code, event, args, maybeDelivered];
      void all;
    },
  },
});
socket.emit('chat', 'hello');
// @ts-expect-error the app's own types hold
socket.emit('chat', 1);
const others: Socket[] = [
  io(),
  plain({ holdfast: false }),
  connect('/'),
  new io('/'),
  io.connect('/'),
];
const options: Partial<ManagerOptions> = { path: '/x' };
const manager: Manager = new Manager('http://localhost', {
  ...options,
  holdfast: { logger: null },
});
const admin: Socket = manager.socket('/admin', { auth: {}, holdfast: { receipts: false } });
const beside: Socket = io().io.socket('/beside', { holdfast: { receipts: false } });
const version: number = protocol;
void [others, admin, beside, version, Socket];

// @ts-expect-error there is no such option
io({ holdfast: { way: {} } });
// @ts-expect-error nor such a way
io({ holdfast: { ways: { typing: 'sometimes' } } });
