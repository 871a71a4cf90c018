// Carries out the faults of a schedule.

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

  /** Begins, lasts, and ends. */
  const lasting = (begin, end) => async (fault) => {
    await begin(fault);
    // How long a fault lasts is a part of it: nothing is waited for here.
    await setTimeout(fault.ms);
    await end(fault);
  };

  const kinds = {
    cut: () => proxy.cut(),
    hang: lasting(
      () => proxy.hang(),
      () => proxy.resume(),
    ),
    'half-open': lasting(
      () => proxy.hang({ newToo: false }),
      () => proxy.resume(),
    ),
    delay: lasting(
      ({ amount }) => proxy.delay(amount),
      () => proxy.delay(0),
    ),
    throttle: lasting(
      ({ amount }) => proxy.throttle(amount),
      () => proxy.throttle(Infinity),
    ),
    'drop-after': lasting(
      ({ amount }) => proxy.dropAfter(amount),
      () => proxy.dropAfter(Infinity),
    ),
    refuse: lasting(
      () => {
        proxy.refuse();
        proxy.cut();
      },
      () => proxy.refuse(false),
    ),
    'hang-upgrade': lasting(
      () => {
        proxy.hangUpgrade();
        proxy.cut();
      },
      () => proxy.hangUpgrade(false),
    ),
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
