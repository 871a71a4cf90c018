// Closing at each moment of connecting, as it happens in the client: for a page and for Node.

/** Moments of a client that begins with polling, after its handshake was answered. */
export const MOMENTS = [
  ...['open', 'connecting', 'flush', 'drain', 'connect', 'joined', 'ready'],
  ...['upgrading', 'pausing', 'upgraded'],
];

/** The option `io` of a server that answers no handshake before `release` is called. */
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

/** Says whether the server made one session, and has it no more. */
export function sessionsOf(server) {
  let made = 0;
  server.io.engine.on('connection', () => {
    made += 1;
  });
  return () => made === 1 && server.io.engine.clientsCount === 0 && server.clients.length === 0;
}

/**
 * Connects as alice, and resolves when it has closed at the moment. Runs in the page too, so it stands alone.
 *
 * @param {any} holdfast all of `holdfast/socket`, configured
 * @param {string} moment
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
