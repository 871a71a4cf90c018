// Faults inside of the server, for the lab (js-demo/lab). A parent process turns them on. A server without a parent
// process has none.

import { Refusal } from './refusal.js';

const wanted = { loseAcks: false, refuse: null };

/** Listens to the parent process, if there is one, and answers once a fault is in effect. */
export function obeyParent() {
  process.on('message', (message) => {
    if (message?.type !== 'faults') return;
    Object.assign(wanted, message.faults);
    process.send({ type: 'faults', id: message.id });
  });
}

/** @throws {Refusal} while every message is to be refused */
export function refuseIfAsked() {
  if (wanted.refuse === null) return;
  const more = wanted.refuse === 'RATE_LIMITED' ? { retryAfterMs: 1000 } : {};
  throw new Refusal(wanted.refuse, { message: 'The lab refuses every message', ...more });
}

/**
 * Wraps an acknowledgement so that it is dropped while acknowledgements are to be lost.
 *
 * @param {(reply: object) => void} ack
 */
export function losable(ack) {
  return (reply) => {
    if (!wanted.loseAcks) ack(reply);
  };
}
