// The faults of a run: of connections, of pages, and of two server processes.

import { lasting, linkFaults } from '../faults.mjs';

/** Longer than the package and Socket.IO need to notice a link that is half-open. */
const LONG_HANG_MS = /** @type {[number, number]} */ ([3000, 15_000]);
const LONG_SLEEP_MS = /** @type {[number, number]} */ ([2000, 8000]);

/** @type {import('../schedule.mjs').Kind[]} */
const OF_ONE_PROCESS = [
  { kind: 'cut', part: 'link', weight: 6 },
  { kind: 'hang', part: 'link', weight: 2, ms: true, longMs: LONG_HANG_MS },
  { kind: 'half-open', part: 'link', weight: 4, ms: true, longMs: LONG_HANG_MS },
  { kind: 'drop-after', part: 'link', weight: 2, ms: true, amount: [1, 20_000] },
  { kind: 'delay', part: 'link', weight: 1, ms: true, amount: [20, 400] },
  { kind: 'refuse', part: 'link', weight: 1, ms: true },
  { kind: 'reload', part: 'tabs', weight: 4 },
  { kind: 'freeze', part: 'tabs', weight: 4, ms: true, longMs: LONG_SLEEP_MS },
  { kind: 'crash', part: 'tabs', weight: 2 },
];

/** What the memory of one process would not survive, or has no other process for. @type {import('../schedule.mjs').Kind[]} */
const OF_TWO_PROCESSES = [
  { kind: 'move', part: 'server', weight: 4 },
  { kind: 'kill', part: 'server', weight: 3, ms: true },
  { kind: 'kill-and-move', part: 'server', weight: 3, ms: true },
  { kind: 'kill-other', part: 'server', weight: 2, ms: true },
  { kind: 'stop', part: 'server', weight: 1, ms: true },
];

/** @param {number} processes */
export const kindsFor = (processes) =>
  processes > 1 ? [...OF_ONE_PROCESS, ...OF_TWO_PROCESSES] : OF_ONE_PROCESS;

/**
 * @param {object} parts
 * @param {Awaited<ReturnType<typeof import('../../support/proxy.mjs').createProxy>>[]} parts.proxies
 * @param {import('../../support/server.mjs').DemoServer[]} parts.servers the pages are connected to the first
 * @param {Awaited<ReturnType<typeof import('./pages.mjs').openPages>>} parts.pages
 * @returns {(fault: import('../schedule.mjs').Fault) => Promise<void>} resolves when the fault is over
 */
export function createFaults({ proxies, servers, pages }) {
  let at = 0;
  const here = () => servers[at];
  const other = () => servers[1 - at];
  const move = () => {
    at = 1 - at;
    for (const proxy of proxies) {
      proxy.retarget(here().port);
      proxy.cut();
    }
  };

  const kinds = {
    ...linkFaults(proxies),
    reload: () => pages.reload(),
    freeze: lasting(
      () => pages.freeze(),
      () => pages.wake(),
    ),
    crash: () => pages.crash(),
    move,
    kill: lasting(
      () => here().kill(),
      () => here().start(),
    ),
    'kill-and-move': lasting(
      async () => {
        await here().kill();
        move();
      },
      () => other().start(),
    ),
    'kill-other': lasting(
      () => other().kill(),
      () => other().start(),
    ),
    stop: lasting(
      () => here().pause(),
      () => here().resume(),
    ),
  };
  return async (fault) => kinds[fault.kind](fault);
}
