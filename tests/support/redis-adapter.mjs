// A Socket.IO adapter for several processes: it repeats every broadcast in the other processes over Redis PUBLISH, as
// @socket.io/redis-adapter does. All other adapter methods stay local to their process.

import { randomUUID } from 'node:crypto';

/**
 * Installs the adapter in a server. Resolves when it is subscribed.
 *
 * @param {import('socket.io').Server} io its own adapter keeps serving this process
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
      // Encode before the local adapter adds to the packet.
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
