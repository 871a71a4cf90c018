// Closing the client at each step of connecting, in a page and in Node.

/** Steps of a client that starts with polling, after its handshake was answered. */
export const MOMENTS = [
  ...['open', 'connecting', 'flush', 'drain', 'connect', 'joined', 'ready'],
  ...['upgrading', 'pausing', 'upgraded'],
];

/** The option `io` of a server that answers no handshake until `release` is called. */
export function holdHandshakes() {
  const held = [];
  let isHeld = true;
  return {
    held,
    release() {
      isHeld = false;
      for (const done of held.splice(0)) done(null, true);
    },
    io: {
      allowRequest(_request, done) {
        if (isHeld) held.push(done);
        else done(null, true);
      },
    },
  };
}

/** Returns a function that tells whether the server made exactly one session and has removed it. */
export function sessionsOf(server) {
  let made = 0;
  server.io.engine.on('connection', () => {
    made += 1;
  });
  return () => made === 1 && server.io.engine.clientsCount === 0 && server.clients.length === 0;
}

/**
 * Connects as alice, closes at the given step, and then resolves. It also runs in the page, so it uses nothing from
 * outside of its own body.
 *
 * @param {any} holdfast the exports of `holdfast/socket`, configured
 * @param {string} moment one of `MOMENTS`
 * @returns {Promise<void>}
 */
export function closeAt(holdfast, moment) {
  return new Promise((resolve) => {
    const close = () => {
      holdfast.disconnectSocket();
      resolve();
    };
    const socket = holdfast.getSocket();
    const { io: manager } = socket;
    const { open } = manager;
    manager.open = (...args) => {
      manager.open = open;
      open.apply(manager, args);
      const { engine } = manager;
      const on = (event, then) => engine.once(event, then);
      const moments = {
        open: () => on('open', close),
        connecting: () => on('packetCreate', close),
        flush: () => on('flush', close),
        drain: () => on('drain', close),
        connect: () => socket.once('connect', close),
        joined: () => socket.once('room:joined', close),
        ready: () => socket.once('room:joined', () => setTimeout(close)),
        upgrading: () => on('upgrading', close),
        pausing: () => on('upgrading', () => setTimeout(close)),
        upgraded: () => on('upgrade', () => setTimeout(close)),
      };
      moments[moment]();
      return manager;
    };
    holdfast.initializeSocket('alice');
  });
}
