// The current faults, and how each is started and ended: faults of the connection by the proxy, of the server by its
// process, and of acknowledgements inside of the server.

/**
 * @param {{ proxy: Awaited<ReturnType<import('./proxy.js').createProxy>>,
 *   child: ReturnType<import('./child.js').createChild> }} parts
 */
export function createFaults({ proxy, child }) {
  const listeners = new Set();
  let link = 'up';
  let delayMs = 0;
  let loseAcks = false;
  let refuse = null;

  const state = () => ({ link, delayMs, loseAcks, refuse, server: child.state });

  function tell() {
    for (const listener of listeners) listener(state());
  }

  function setLink(next) {
    link = next;
    proxy.refuse(link === 'cut');
    // Cut before the connection resumes, so that the bytes that a hanging connection holds never arrive.
    if (link === 'cut') proxy.cut();
    if (link === 'hung') proxy.hang();
    else proxy.resume();
  }

  /** Ends a fault of the connection, if it is the current one. */
  function putLink(fault, on) {
    if (on) setLink(fault);
    else if (link === fault) setLink('up');
  }

  function setDelay(ms) {
    delayMs = ms;
    proxy.delay(ms);
  }

  function setInside(next) {
    ({ loseAcks = loseAcks, refuse = refuse } = next);
    return child.setFaults({ loseAcks, refuse });
  }

  /** Runs without being awaited. The state shows how it ends. */
  function start() {
    child.start().catch((error) => console.error(error.message));
  }

  return {
    state,
    tell,

    /** Calls `listener` with every new state. The returned function removes the listener. */
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** One function for each command. It resolves when the fault is in effect. */
    orders: {
      cut: ({ on }) => putLink('cut', on),
      hang: ({ on }) => putLink('hung', on),
      delay: ({ ms }) => setDelay(ms),
      'lose-acks': ({ on }) => setInside({ loseAcks: on }),
      refuse: ({ code }) => setInside({ refuse: code }),
      stop: () => child.kill(),
      start,
      async restart() {
        await child.kill();
        start();
      },
      async restore() {
        setLink('up');
        setDelay(0);
        await setInside({ loseAcks: false, refuse: null });
        start();
      },
    },
  };
}
