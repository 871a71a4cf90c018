// What is broken at the moment, and how it is broken and mended: the link by a proxy, the server by its
// process, acknowledgements inside of it.

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
    // Before it resumes: what a hanging link holds must not pass on the way to being cut.
    if (link === 'cut') proxy.cut();
    if (link === 'hung') proxy.hang();
    else proxy.resume();
  }

  /** Ends a fault of the link only if it is this one. */
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

  /** Goes on by itself: who wants to know how it ends listens to the state. */
  function start() {
    child.start().catch((error) => console.error(error.message));
  }

  return {
    state,
    tell,

    /** Calls `listener` with every new state, until the answer is called. */
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** One for each order; when it resolves, the fault is there. */
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
