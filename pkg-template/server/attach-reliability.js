// `attachReliability`: handles join and ping for a Socket.IO server that has no handlers for them. Clients need both to
// know whether they are ready and healthy.

import { checking, checkNames, idText, Misuse, printFailure, show } from './values.js';

/** @import { ServerSocket } from '../types/server.d.ts' */

/**
 * @typedef {ServerSocket & { join: (room: string) => unknown, emit: Function, on: Function }} Joinable
 * @typedef {(reply: unknown) => void} Answer
 */

/** @type {typeof import('../types/server.d.ts').attachReliability} */
export function attachReliability(io, options) {
  const userId = checking('attachReliability', () => {
    if (typeof io?.on !== 'function') {
      throw wrong('io', io, 'a Server or a Namespace of socket.io');
    }
    const own = options?.userId;
    if (typeof own !== 'function') throw wrong('userId', own, 'a function (socket) => id');
    checkNames('attachReliability', options, ['userId']);
    return own;
  });

  io.on('connection', (/** @type {Joinable} */ socket) => {
    socket.on('join', async (/** @type {unknown[]} */ ...args) => {
      const answer = answerOf(args);
      try {
        // Don't trust the client's id: the server knows the user. For nobody it is null, which equals no text.
        const me = idText(userId(/** @type {any} */ (socket)));
        const [wanted] = args;
        if (!['string', 'number'].includes(typeof wanted) || String(wanted) !== me) {
          refuse(socket, answer, 'FORBIDDEN', 'That is not your room');
          return;
        }
        const room = `user_${me}`;
        // Wait: an adapter may be asynchronous, and the client is only told once it has joined.
        await socket.join(room);
        socket.emit('room:joined', { room, userId: me, socketId: socket.id });
        answer({ success: true, room });
      } catch (error) {
        printFailure('a join failed', error);
        refuse(socket, answer, 'INTERNAL_ERROR', 'The server could not process this join');
      }
    });

    socket.on('ping', (/** @type {unknown[]} */ ...args) => {
      if (typeof args[args.length - 1] === 'function') answerOf(args)('pong');
      else socket.emit('pong');
    });
  });
}

/** @param {Joinable} socket @param {Answer} answer @param {string} code @param {string} error */
function refuse(socket, answer, code, error) {
  socket.emit('room:error', { message: error, code });
  answer({ error, code, timestamp: new Date().toISOString() });
}

/**
 * The acknowledgement function of an event, or one that does nothing if the client asked for none.
 *
 * @param {unknown[]} args
 * @returns {Answer}
 */
function answerOf(args) {
  const last = args[args.length - 1];
  return typeof last === 'function' ? /** @type {Answer} */ (last) : () => {};
}

/** @param {string} name @param {unknown} got @param {string} takes */
function wrong(name, got, takes) {
  return new Misuse(`attachReliability: ${name} takes ${takes}, got ${show(got)}`);
}
