// The chat's events over Socket.IO.

import { createDeduplicator } from 'holdfast/server';
import { losable } from './faults.js';
import { read, SocketMessage, Typing } from './input.js';
import { roomOf } from './messages.js';
import { Refusal } from './refusal.js';

/**
 * Attaches the chat's events to a server.
 *
 * @param {import('socket.io').Server} io
 * @param {object} parts
 * @param {import('./messages.js').Messages} parts.messages
 * @param {ReturnType<import('./identity.js').createTokens>} parts.tokens
 * @param {ReturnType<import('./presence.js').createPresence>} parts.presence
 * @param {ReturnType<import('./limits.js').createLimits>} parts.take
 * @param {import('holdfast/server').DeduplicationStore} [parts.answers] where acknowledgements are stored; in memory
 *   by default
 */
export function serveChat(io, { messages, tokens, presence, take, answers }) {
  const once = createDeduplicator({ userId: (socket) => socket.data.userId, store: answers });

  /** Pending announcements of who came and went. */
  const telling = new Set();

  io.use(async (socket, next) => {
    try {
      socket.data.userId = await tokens.verify(socket.handshake.auth?.token);
      next(socket.data.userId ? undefined : rejection(new Refusal('UNAUTHORIZED')));
    } catch (error) {
      next(rejection(asRefusal(error, 'a handshake')));
    }
  });

  io.on('connection', (socket) => {
    const me = socket.data.userId;
    const room = roomOf(me);

    listen('join', (userId) => {
      if (userId !== me) {
        const refusal = new Refusal('FORBIDDEN');
        socket.emit('room:error', { message: refusal.message });
        throw refusal;
      }
      socket.join(room);
      socket.emit('room:joined', { room, userId: me, socketId: socket.id });
      // A failing announcement must not delay the user who has joined.
      inBackground(arrive());
      return { success: true, room };
    });

    async function arrive() {
      if (await presence.arrive(me, socket.id)) announce(me, true);
      socket.emit('online_users', await presence.list());
    }

    async function leave() {
      if (await presence.leave(me, socket.id)) announce(me, false);
    }

    const sendOnce = once(socket, async (data) => {
      try {
        const sent = await messages.send(me, read(SocketMessage, data));
        const { _id: messageId, _tempId } = sent.message;
        return { success: true, messageId, _tempId, ...(sent.isDuplicate && { duplicate: true }) };
      } catch (error) {
        if (error instanceof Refusal) return error.reply;
        throw error;
      }
    });
    socket.on('send_message', (...args) => {
      const { values, answer } = taken(args);
      sendOnce(
        values[0],
        losable((reply) => answer(reply, { _tempId: values[0]?._tempId })),
      );
    });

    listen('typing', (data) => {
      const { recipientId, isTyping } = read(Typing, data);
      if (recipientId === me) throw new Refusal('INVALID_RECIPIENT');
      socket.to(roomOf(recipientId)).emit('user_typing', { userId: me, isTyping });
      return { success: true };
    });

    listen('get_online_users', async () => {
      const list = await presence.list();
      socket.emit('online_users', list);
      return list;
    });

    listen('ping', () => 'pong');

    socket.on('disconnect', () => inBackground(leave()));

    /** Registers a listener whose result becomes the acknowledgement. No input of a client can crash the server. */
    function listen(event, handle) {
      socket.on(event, async (...args) => {
        const { values, answer } = taken(args);
        try {
          await take('events', me);
          if (!socket.connected) return;
          answer(await handle(values[0]));
        } catch (error) {
          answer(asRefusal(error, `the event ${event}`).reply);
        }
      });
    }

    /** The arguments of an event, and a function that answers it. A refusal without an acknowledgement is sent as an event. */
    function taken(args) {
      const ack = typeof args.at(-1) === 'function' ? args.at(-1) : null;
      const answer = (reply, more) => {
        if (ack) ack(reply);
        else if (reply?.error) socket.emit('message:error', { ...reply, ...more });
      };
      return { values: ack ? args.slice(0, -1) : args, answer };
    }
  });

  /** Tells everybody else that a user came online or went offline. */
  function announce(userId, online) {
    const others = io.except(roomOf(userId));
    others.emit('presence:update', { userId, online });
    others.emit(online ? 'user_online' : 'user_offline', { userId });
  }

  function inBackground(work) {
    const settled = work
      .catch((error) => console.error('The presence failed', error))
      .finally(() => telling.delete(settled));
    telling.add(settled);
  }

  return {
    announce,
    /** Resolves when all announcements so far have been made. */
    idle: () => Promise.all(telling),
  };
}

/** A refusal is sent as it is. Any other error is the server's own, and the client learns no details. */
function asRefusal(error, what) {
  if (error instanceof Refusal) return error;
  console.error(`Failed: ${what}`, error);
  return new Refusal('INTERNAL_ERROR');
}

/** Refuses a handshake, but not finally: a client with an expired token may come back with a new one. */
function rejection({ message, code }) {
  return Object.assign(new Error(message), { data: { code } });
}
