// Runs the faults of a schedule.

import { setTimeout } from 'node:timers/promises';

/**
 * @param {object} parts
 * @param {Awaited<ReturnType<typeof import('../support/proxy.mjs').createProxy>>} parts.proxy
 * @param {import('../support/server.mjs').DemoServer} parts.server
 * @param {Awaited<ReturnType<typeof import('./tabs.mjs').openTabs>>} parts.tabs
 * @returns {(fault: import('./schedule.mjs').Fault) => Promise<void>} resolves when the fault is over
 */
export function createFaults({ proxy, server, tabs }) {
  const misbehave = (how) =>
    fetch(`${server.url}/faults`, { method: 'POST', body: JSON.stringify(how) });

  const kinds = {
    ...linkFaults([proxy]),
    kill: lasting(
      () => server.kill(),
      () => server.start(),
    ),
    stop: lasting(
      () => server.pause(),
      () => server.resume(),
    ),
    'lose-acks': lasting(
      () => misbehave({ loseAcks: true }),
      () => misbehave({ loseAcks: false }),
    ),
    'answer-twice': lasting(
      () => misbehave({ times: 2 }),
      () => misbehave({ times: 1 }),
    ),
    'answer-late': lasting(
      ({ amount }) => misbehave({ lateMs: amount }),
      () => misbehave({ lateMs: 0 }),
    ),
    reload: ({ tab }) => tabs.reload(tab),
    leave: ({ tab, amount }) => tabs.leave(tab, amount),
    crash: ({ tab }) => tabs.crash(tab),
    close: ({ tab }) => tabs.close(tab),
  };
  return async (fault) => kinds[fault.kind](fault);
}

/** Begins, lasts, and ends. */
export const lasting = (begin, end) => async (fault) => {
  await begin(fault);
  // The duration belongs to the fault: this wait is not for a condition.
  await setTimeout(fault.ms);
  await end(fault);
};

/**
 * The faults of links, each on all of them at once.
 *
 * @param {Awaited<ReturnType<typeof import('../support/proxy.mjs').createProxy>>[]} proxies
 */
export function linkFaults(proxies) {
  const each = (act) => (fault) => {
    for (const proxy of proxies) act(proxy, fault);
  };
  return {
    cut: each((proxy) => proxy.cut()),
    hang: lasting(
      each((proxy) => proxy.hang()),
      each((proxy) => proxy.resume()),
    ),
    'half-open': lasting(
      each((proxy) => proxy.hang({ newToo: false })),
      each((proxy) => proxy.resume()),
    ),
    delay: lasting(
      each((proxy, { amount }) => proxy.delay(amount)),
      each((proxy) => proxy.delay(0)),
    ),
    throttle: lasting(
      each((proxy, { amount }) => proxy.throttle(amount)),
      each((proxy) => proxy.throttle(Infinity)),
    ),
    'drop-after': lasting(
      each((proxy, { amount }) => proxy.dropAfter(amount)),
      each((proxy) => proxy.dropAfter(Infinity)),
    ),
    refuse: lasting(
      each((proxy) => {
        proxy.refuse();
        proxy.cut();
      }),
      each((proxy) => proxy.refuse(false)),
    ),
    'hang-upgrade': lasting(
      each((proxy) => {
        proxy.hangUpgrade();
        proxy.cut();
      }),
      each((proxy) => proxy.hangUpgrade(false)),
    ),
  };
}
