// A run in the direction from the server to the page: numbers are published, and three pages listen to them with the same
// faults. At the end the package's page has received each once and in order. The other two listen with plain Socket.IO,
// without and with connection state recovery.

import { setTimeout } from 'node:timers/promises';
import { createProxy } from '../../support/proxy.mjs';
import { startRedis, withoutRedis } from '../../support/redis.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';
import { createRandom, describe, makeSchedule } from '../schedule.mjs';
import { createFaults, kindsFor } from './faults.mjs';
import { createLog, judge, violationsOf } from './oracle.mjs';
import { openPages } from './pages.mjs';
import { PATHS } from './places.mjs';
import { createPublisher } from './publisher.mjs';

const START_MS = 30_000;
/** Socket.IO's waits before it connects again end within 5 s. What it has not shown by then it never will. */
const FAIR_MS = 10_000;
/** The package looks once a minute for an item that nothing followed. */
const END_MS = 90_000;

/**
 * @param {{ after: (end: () => unknown) => void }} t takes what is to be ended afterwards
 * @param {{ seed: number, messages: number, faults: number, reloads: number, isEarly?: boolean }} plan `isEarly`: the server
 *   puts a connection into the user's room at once, before the package has read its feed
 * @param {(line: string) => void} [print]
 */
export async function runBoth(t, plan, print = () => {}) {
  const processes = withoutRedis ? 1 : 2;
  if (withoutRedis) print(`One server process, and the items in its memory: ${withoutRedis}`);
  const steps = makeSchedule({ ...plan, tabs: 1 }, kindsFor(processes));
  const trace = describe(steps);
  const env = { JOINS: plan.isEarly ? 'early' : 'asked' };
  if (!withoutRedis) env.REDIS = (await startRedis(t)).url;
  const servers = await Promise.all(
    Array.from({ length: processes }, () =>
      startDemo(t, { main: 'tests/chaos/both/server.mjs', env }),
    ),
  );
  const ways = Object.keys(PATHS);
  const proxies = await Promise.all(
    ways.map(() => createProxy({ target: { port: servers[0].port } })),
  );
  for (const proxy of proxies) t.after(() => proxy.close());
  const logs = Object.fromEntries(ways.map((way) => [way, createLog()]));
  const urls = Object.fromEntries(ways.map((way, n) => [way, proxies[n].url]));
  const pages = await openPages(t, urls, logs);
  const commit = createFaults({ proxies, servers, pages });
  const { publish, published, tried } = createPublisher(servers, createRandom(plan.seed));

  const lacks = (way) => [...published].filter((n) => !logs[way].shown.has(n));
  await until(() => pages.hasPosition(), 'the feed is read', START_MS);
  // A page that does not exist yet misses nothing.
  const areThere = async () => {
    for (const log of Object.values(logs)) log.shown.clear();
    published.clear();
    await publish(1);
    return until(() => ways.every((way) => lacks(way).length === 0), 'all are there', 1000);
  };
  await until(areThere, 'every page listens', START_MS);
  for (const log of Object.values(logs)) for (const life of log.lives) life.shown.length = 0;
  published.clear();
  const first = tried() + 1;

  const began = performance.now();
  for (const [n, { faults, sends, gapMs }] of steps.entries()) {
    print(trace[n]);
    await publish(sends[0]);
    const [one, two] = faults;
    const meets = two && setTimeout(one.ms / 2).then(() => commit(two));
    await Promise.all([commit(one), meets, publish(sends[1])]);
    await publish(sends[2]);
    await setTimeout(gapMs);
  }
  const faultsEnd = performance.now();
  while (published.size < plan.messages) await publish(plan.messages - published.size);

  const has = (way, ms) =>
    until(() => lacks(way).length === 0, `${way} shows all`, ms).catch(() => {});
  await Promise.all(ways.map((way) => has(way, way === 'holdfast' ? END_MS : FAIR_MS)));
  const settled = performance.now();

  const verdicts = ways.map((way) => judge(logs[way], published));
  const reads = servers.flatMap(({ output }) => output.match(/^read$/gm) ?? []).length;
  const rows = ways.map((way, n) => ({
    name: way,
    published: published.size,
    ...Object.fromEntries(Object.entries(verdicts[n]).map(([name, list]) => [name, list.length])),
    lives: logs[way].lives.length,
    connections: proxies[n].counters.connections,
    reads: way === 'holdfast' ? reads : 0,
    'bytes down': proxies[n].counters.bytesDown,
  }));
  return {
    rows,
    violations: violationsOf(verdicts[0], logs.holdfast.resyncs),
    trace,
    logs,
    cutOff: tried() - first + 1 - published.size,
    resyncs: Object.fromEntries(logs.holdfast.resyncs),
    starts: servers.map((server) => server.starts),
    seconds: { faults: (faultsEnd - began) / 1000, all: (settled - began) / 1000 },
  };
}
