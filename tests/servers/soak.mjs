// `cargo xtask soak`: a steady stream of messages to a server that acknowledges nothing, through a proxy, with kills, cuts,
// hangs and changing latency from a seed. Exits with 1 if a message was lost or out of order.

import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '../chaos/schedule.mjs';
import { createProxy } from '../support/proxy.mjs';
import { createSender, messagesOf, repeats } from '../support/sender.mjs';
import { prepareServer, SERVERS, startServer } from '../support/servers.mjs';
import { until } from '../support/until.mjs';

const MESSAGES_A_SECOND = 20;
const FAULT_EVERY_MS = { least: 5_000, most: 15_000 };
const HANG_MS = { least: 2_000, most: 12_000 };
const DOWN_MS = { least: 100, most: 3_000 };
const DELAY_MS = { least: 20, most: 300 };
/** After the last fault, everything has to settle within this time. */
const END_MS = 120_000;
const REPORT_EVERY_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    server: { type: 'string', default: SERVERS[0] },
    transports: { type: 'string' },
    mode: { type: 'string', default: 'silent' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0)) throw new Error(`--minutes: ${values.minutes}`);
if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed: ${values.seed}`);
if (!SERVERS.includes(values.server)) throw new Error(`--server: one of ${SERVERS.join(', ')}`);
if (!['silent', 'acks'].includes(values.mode)) throw new Error('--mode: silent or acks');

const ends = [];
let code = 1;
try {
  code = await soak({ after: (end) => ends.unshift(end) });
} finally {
  for (const end of ends) await end();
}
process.exit(code);

async function soak(t) {
  const missing = await prepareServer(values.server);
  if (missing) throw new Error(missing);
  const server = await startServer(t, values.server, { mode: values.mode });
  const proxy = await createProxy({ target: { port: server.port } });
  t.after(() => proxy.close());
  const sender = createSender(t, proxy.url, {
    io: { transports: values.transports?.split(',') },
    health: { intervalMs: 2_000, timeoutMs: 6_000, probeMs: 2_000 },
    send: { ackTimeoutMs: 3_000 },
    reconnect: { connectTimeoutMs: 5_000 },
  });
  const began = performance.now();
  const ending = began + minutes * 60_000;
  const faults = { kill: 0, cut: 0, hang: 0, delay: 0 };

  sender.client.connect();
  const stream = setInterval(() => sender.send(1), 1_000 / MESSAGES_A_SECOND);
  const reports = setInterval(() => console.log(describe(sender, began)), REPORT_EVERY_MS);
  t.after(() => clearInterval(stream));
  t.after(() => clearInterval(reports));
  const random = createRandom(seed);
  const between = ({ least, most }) => least + random.below(most - least + 1);
  proxy.delay(DELAY_MS.least);
  const commit = {
    kill: async () => {
      await server.kill();
      await setTimeout(between(DOWN_MS));
      await server.start();
    },
    cut: () => proxy.cut(),
    hang: async () => {
      proxy.hang({ newToo: random.below(2) === 0 });
      await setTimeout(between(HANG_MS));
      proxy.resume();
    },
    delay: () => proxy.delay(between(DELAY_MS)),
  };
  const kinds = Object.keys(faults);
  while (performance.now() < ending) {
    const kind = kinds[random.below(kinds.length)];
    await setTimeout(between(FAULT_EVERY_MS));
    faults[kind] += 1;
    await commit[kind]();
  }

  clearInterval(stream);
  const isDone = () => sender.unsettled.length === 0;
  // Messages that do not settle are counted below.
  await until(isDone, 'all have settled', END_MS, 100).catch(() => {});
  return judge(sender, await server.read(), faults);
}

function judge(sender, { taken, connections }, faults) {
  const messages = messagesOf(taken);
  const came = new Set(messages.map(({ n }) => n));
  const firsts = [...came];
  const results = sender.sent.flatMap(({ settled }) => settled.slice(0, 1));
  const figures = {
    sent: sender.sent.length,
    unsettled: sender.unsettled.length,
    'settled twice': sender.sent.filter(({ settled }) => settled.length > 1).length,
    failed: results.filter(({ success }) => !success).length,
    lost: sender.sent.filter(({ n }) => !came.has(n)).length,
    repeats: repeats(messages).length,
    reordered: firsts.filter((n, i) => i > 0 && n < firsts[i - 1]).length,
    connections,
    ...faults,
  };
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(16)}${value}`);
  const { lost, reordered, unsettled, failed } = figures;
  return lost + reordered + unsettled + failed + figures['settled twice'] > 0 ? 1 : 0;
}

function describe(sender, began) {
  const seconds = Math.round((performance.now() - began) / 1000);
  return `${seconds} s: sent ${sender.sent.length}, settled ${sender.settled}`;
}
