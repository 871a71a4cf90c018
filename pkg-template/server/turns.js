// Starts a connection's messages in order.

import { isThenable } from './values.js';

/**
 * Makes a function that starts a socket's messages in the order of their arrival, however long the store takes for each
 * claim. With a synchronous store everything starts at once.
 */
export function turns() {
  /** @type {WeakMap<object, Promise<void>>} */
  const lastTurns = new WeakMap();

  /**
   * @template C
   * @param {object} socket
   * @param {C | Promise<C>} claim
   * @param {(claim: C) => void | Promise<void>} start the next message waits for its promise, which must not reject
   */
  return function inTurn(socket, claim, start) {
    const before = lastTurns.get(socket);
    /** @type {void | Promise<void>} */
    let turn;
    if (!before && !isThenable(claim)) {
      turn = start(claim);
      if (!turn) return;
    } else {
      turn = Promise.resolve(before)
        .then(() => claim)
        .then(start);
    }
    const whole = turn.then(() => {
      if (lastTurns.get(socket) === whole) lastTurns.delete(socket);
    });
    lastTurns.set(socket, whole);
  };
}
