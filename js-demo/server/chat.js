// The chat's events over Socket.IO.

import { createDeduplicator } from 'holdfast/server';
import { Refusal, roomOf } from './messages.js';
import { personOf } from './people.js';
import { createPresence } from './presence.js';

/**
 * @param {import('socket.io').Server} io
 * @param {{ messages: ReturnType<import('./messages.js').createMessages>,
 *   tokens: ReturnType<import('./identity.js').createTokens> }} parts
 */
export function serveChat(io, { messages, tokens }) {
  const presence = createPresence();
  const once = createDeduplicator({ userId: (socket) => socket.data.userId });

  io.use((socket, next) => {
    socket.data.userId = tokens.verify(socket.handshake.auth?.token);
    if (socket.data.userId) {
      next();
    } else {
      const error = new Error('Sign in first');
      // Not final: the client may hold an expired token and get a fresh one.
      error.data = { code: 'UNAUTHORIZED' };
      next(error);
    }
  });

  io.on('connection', (socket) => {
    const me = socket.data.userId;
    const room = roomOf(me);

    listen(socket, 'join', (userId, ack) => {
      if (userId !== me) {
        socket.emit('room:error', { message: 'That is not your room' });
        ack({ error: 'That is not your room', code: 'FORBIDDEN' });
        return;
      }
      socket.join(room);
      if (presence.arrive(me, socket.id)) announce(socket, me, true);
      socket.emit('room:joined', { room, userId: me, socketId: socket.id });
      socket.emit('online_users', presence.list());
      ack({ success: true, room });
    });

    socket.on(
      'send_message',
      once(socket, async (data) => {
        try {
          const { message, isDuplicate } = await messages.send(me, data, socket);
          const reply = { success: true, messageId: message._id, _tempId: message._tempId };
          return isDuplicate ? { ...reply, duplicate: true } : reply;
        } catch (error) {
          if (error instanceof Refusal) return error.reply;
          throw error;
        }
      }),
    );

    listen(socket, 'typing', (data) => {
      const recipient = personOf(data?.recipientId);
      if (!recipient || recipient._id === me) return;
      const isTyping = data.isTyping !== false;
      socket.to(roomOf(recipient._id)).emit('user_typing', { userId: me, isTyping });
    });

    listen(socket, 'get_online_users', (_data, ack) => {
      socket.emit('online_users', presence.list());
      ack(presence.list());
    });

    listen(socket, 'ping', (_data, ack) => {
      ack('pong');
    });

    socket.on('disconnect', () => {
      if (presence.leave(me, socket.id)) announce(socket, me, false);
    });
  });
}

function announce(socket, userId, online) {
  socket.broadcast.emit('presence:update', { userId, online });
  socket.broadcast.emit(online ? 'user_online' : 'user_offline', { userId });
}

/**
 * Attaches a listener that no client can crash: `ack` is always a function, `data` is never it,
 * and a throw ends with this one event.
 */
function listen(socket, event, handler) {
  socket.on(event, (...args) => {
    const ack = typeof args.at(-1) === 'function' ? args.pop() : () => {};
    try {
      handler(args[0], ack);
    } catch (error) {
      console.error(`The event ${event} failed`, error);
    }
  });
}
