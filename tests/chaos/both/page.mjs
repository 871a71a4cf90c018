// Runs in each page: reports each call of its listener at once. The browser may lose reports during a reload, so the last
// calls are on disk as well, and the next life reports them.

import { configureSocket, initializeSocket } from 'holdfast/socket';
import { io } from 'socket.io-client';
import { PATHS, USER } from './places.mjs';

const { way, url } = window.options;
const life = crypto.randomUUID();
const tell = (fact) => window.tell(JSON.stringify({ life, at: Date.now(), ...fact }));

function connect() {
  const auth = { userId: USER };
  if (way !== 'holdfast') return io(url, { path: PATHS[way], auth });
  configureSocket({ url, auth, onResync: ({ reason }) => tell({ resync: reason }) });
  return initializeSocket(USER);
}

/** More than is shown while a page ends. */
const MOST_ON_DISK = 64;
const DISK = 'chaos';
const tail = [];

function show(n) {
  tell({ n });
  tail.push({ n, at: Date.now() });
  if (tail.length > MOST_ON_DISK) tail.shift();
  localStorage.setItem(DISK, JSON.stringify({ life, tail }));
}

const before = JSON.parse(localStorage.getItem(DISK) ?? 'null');
if (before) tell({ before });
tell({ begins: true });
connect().on('note', ({ n }) => show(n));
