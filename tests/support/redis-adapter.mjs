// Socket.IO's adapter between several processes: what one of them emits, the others emit as well, by Redis' PUBLISH, as
// @socket.io/redis-adapter does. No more than that: what else an adapter is asked for stays in its process.

import { randomUUID } from 'node:crypto';

/**
 * @param {import('socket.io').Server} io whose adapter stays what it is within this process
 * @param {string} channel the same in each process
 * @param {() => import('ioredis').Redis} connect
 */
export function spread(io, channel, connect) {
  const self = randomUUID();
  const Local = /** @type {any} */ (io.of('/').adapter.constructor);
  const publisher = connect();
  const subscriber = connect();

  class Spread extends Local {
    broadcast(packet, options) {
      const { rooms, except = [], flags } = options;
      // Before the adapter adds to it.
      const text = JSON.stringify([self, packet, [...rooms], [...except], flags]);
      publisher.publish(channel, text).catch(console.error);
      super.broadcast(packet, options);
    }

    hear(text) {
      const [from, packet, rooms, except, flags] = JSON.parse(text);
      if (from === self) return;
      super.broadcast(packet, { rooms: new Set(rooms), except: new Set(except), flags });
    }
  }

  io.adapter(Spread);
  subscriber.on('message', (_, text) => io.of('/').adapter.hear(text));
  return subscriber.subscribe(channel);
}
