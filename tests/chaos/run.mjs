// A run: numbered messages from real tabs, through a proxy to a server process, with scheduled faults. At the end no message
// is lost, duplicated, out of order or unsettled.

import { setTimeout } from 'node:timers/promises';
import { readMessages } from '../support/database.mjs';
import { pkg } from '../support/paths.mjs';
import { createProxy } from '../support/proxy.mjs';
import { startDemo } from '../support/server.mjs';
import { until } from '../support/until.mjs';
import { createFaults } from './faults.mjs';
import { createRecord, judge, owed } from './oracle.mjs';
import { createRandom, describe, makeSchedule } from './schedule.mjs';
import { openTabs } from './tabs.mjs';

const CONVERSATIONS = 8;
const START_MS = 30_000;
/** When the last fault is over, what is still to be done is done in this time. */
const END_MS = 120_000;

/** Deadlines that faults of some seconds outlast, and attempts enough for any schedule. */
const OPTIONS = {
  userId: 'alice',
  auth: { userId: 'alice' },
  join: {},
  logger: null,
  reconnect: {
    minMs: 50,
    maxMs: 500,
    spreadMs: 50,
    stableMs: 1000,
    connectTimeoutMs: 3000,
    upgradeTimeoutMs: 1000,
  },
  health: { event: 'ping', intervalMs: 1000, timeoutMs: 2500, probeMs: 1000 },
  send: { ackTimeoutMs: 2000, backoffMs: 50, backoffMaxMs: 500, retries: 100 },
};

/**
 * @param {{ after: (end: () => unknown) => void }} t takes what is to be ended afterwards
 * @param {{ seed: number, messages: number, faults: number, tabs: number, reloads: number }} plan
 * @param {(line: string) => void} [print]
 */
export async function runChaos(t, plan, print = () => {}) {
  const steps = makeSchedule(plan);
  const trace = describe(steps);
  const server = await startDemo(t, { main: 'tests/chaos/server.mjs' });
  const proxy = await createProxy({ target: { port: server.port } });
  t.after(() => proxy.close());
  const seen = await watch(t, proxy.url);
  const record = createRecord();
  const tabs = await openTabs(t, {
    count: plan.tabs,
    options: { ...OPTIONS, url: proxy.url },
    record,
  });
  const commit = createFaults({ proxy, server, tabs });

  const began = performance.now();
  for (const [n, { faults, sends, gapMs, seed }] of steps.entries()) {
    print(trace[n]);
    const burst = burstsOf(tabs, plan.tabs, createRandom(seed));
    await burst(sends[0]);
    const [first, second] = faults;
    const meets = second && setTimeout(first.ms / 2).then(() => commit(second));
    await Promise.all([commit(first), meets, burst(sends[1])]);
    await burst(sends[2]);
    await setTimeout(gapMs);
  }
  const chaosMs = performance.now() - began;

  const saved = () => readMessages(server.database).map(({ content }) => content);
  /** @type {string[]} */
  let waits = [];
  const isDone = async () => {
    const left = await tabs.left();
    const living = new Set(left.map(({ instance }) => instance));
    const rows = new Set(saved());
    const missing = owed(record, living).filter((id) => !rows.has(id));
    const unshown = rows.size - new Set(seen).size;
    const onDisk = await tabs.onDisk();
    waits = [
      JSON.stringify(left),
      `missing ${missing.length}`,
      `unshown ${unshown}`,
      `on disk ${onDisk}`,
    ];
    const isIdle = left.every(({ pending, outbox }) => pending + outbox === 0);
    return isIdle && missing.length + unshown + onDisk === 0;
  };
  // The oracle reports what does not settle.
  const end = until(isDone, 'everything has settled', END_MS, 100).catch(() =>
    print(waits.join('; ')),
  );
  await end;
  const living = new Set((await tabs.left()).map(({ instance }) => instance));
  const { figures, violations } = judge(record, {
    saved: saved(),
    seen,
    living,
    onDisk: await tabs.onDisk(),
  });
  violations.push(...tabs.problems.map((error) => `a page threw: ${error}`));
  if (record.errors.size > 0) figures.errors = [...record.errors].join(' ').replaceAll(',', ' ');
  return {
    figures: {
      ...figures,
      connections: proxy.counters.connections,
      'server starts': server.starts,
    },
    violations,
    trace,
    seconds: { faults: chaosMs / 1000, all: (performance.now() - began) / 1000 },
  };
}

/** Hands out messages of one step, each to a tab and a conversation. */
function burstsOf(tabs, count, random) {
  return async (size) => {
    const lists = Array.from({ length: count }, () => []);
    for (let n = 0; n < size; n += 1) {
      const number = random.below(CONVERSATIONS);
      // Half of the conversations wait for each answer.
      lists[random.below(count)].push({ conversation: `c${number}`, strict: number % 2 === 1 });
    }
    await Promise.all(lists.map((list, place) => list.length > 0 && tabs.send(place, list)));
  };
}

/** The other side: it sees every message, over the same bad link, and asks for what it missed. */
async function watch(t, url) {
  const { createClient } = await import(`${pkg}/esm/index.mjs`);
  const seen = [];
  const client = createClient({
    ...OPTIONS,
    url,
    userId: 'bob',
    auth: { userId: 'bob' },
    dedupe: { size: 1_000_000 },
    onResync: async ({ since, deliver }) => {
      deliver(await client.socket.timeout(5000).emitWithAck('missed', since.id));
    },
  });
  client.on('message:new', ({ content }) => seen.push(content));
  client.connect();
  t.after(() => client.destroy());
  await until(() => client.getState().isReady, 'the other side is there', START_MS);
  return seen;
}
