// An app that knows of nothing but socket.io-client. What its server makes of it is in `../kit.mjs`.

import { openByDefault } from './default.js';
import { openNamed } from './named.js';

/** More than all else that a client writes meanwhile: the server cuts the connection when it has swallowed so much. */
const LONG = 5_000;

/** @returns {Promise<{ isFollowed: boolean, came: string[] }>} whether more than socket.io-client is at work, and what came */
function play(open, url, name) {
  return new Promise((resolve) => {
    const options = { forceNew: true, transports: ['websocket'], query: { name } };
    const socket = open(url, { ...options, reconnectionDelay: 10 });
    const isFollowed = Object.hasOwn(socket, 'emit');
    let links = 0;
    socket.on('connect', () => {
      links += 1;
      socket.emit('note', links === 1 ? 'first' : 'last');
    });
    socket.on('cut', () => socket.emit('note', 'lost'.padEnd(LONG)));
    socket.on('came', (came) => {
      socket.disconnect();
      resolve({ isFollowed, came });
    });
  });
}

export const tell = (url) =>
  Promise.all([play(openNamed, url, 'named'), play(openByDefault, url, 'default')]);

globalThis.tell = tell;
