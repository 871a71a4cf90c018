// What type-checks of `holdfast/alias`, and of an app whose bundler takes it for `socket.io-client`.

import aliased, { Manager, io as ours, protocol, type Socket } from 'holdfast/alias';
import type { HoldfastOptions } from 'holdfast/io';
import { io } from 'socket.io-client';

const holdfast: HoldfastOptions = { ways: { bid: { way: 'received', repeat: false } } };

const socket: Socket = ours('http://localhost', { holdfast });
const others: Socket[] = [aliased(), new Manager('http://localhost', { holdfast }).socket('/')];
const version: number = protocol;

// The app's own imports keep the types of socket.io-client.
const options = { auth: { token: 'x' }, holdfast };
const plain: Socket = io('http://localhost', options);
// @ts-expect-error written in place it is an option that socket.io-client does not know
io('http://localhost', { holdfast });

void [socket, others, version, plain];
