// The network bench: each contender against a server in another process, in a browser without playwright, directly and
// through a proxy with latency.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from '../tests/support/paths.mjs';
import { runInPlainBrowser } from '../tests/support/plain-browser.mjs';
import { createProxy } from '../tests/support/proxy.mjs';
import { bundlePage } from './browser.mjs';
import { spread } from './statistics.mjs';

/** `retries` sends one message at a time. It gets fewer messages, and its time is compared per message. */
const PLANS = {
  loopback: { way: 'burst', messages: 10_000, retries: 500 },
  'proxy, 0 ms': { way: 'queued', messages: 1_000, retries: 100, oneWayMs: 0 },
  'proxy, 50 ms': { way: 'queued', messages: 1_000, retries: 20, oneWayMs: 25 },
  'proxy, 200 ms': { way: 'queued', messages: 1_000, retries: 5, oneWayMs: 100 },
};
const CONTENDERS = ['raw', 'emitWithAck', 'retries', 'plain', 'memory', 'durable'];
const DEADLINE_MS = 900_000;

/**
 * @typedef {import('./statistics.mjs').Spread} Spread
 *
 * @param {{ after: (end: () => unknown) => void }} t ends what was started
 * @param {{ rounds: number, links?: string[] }} plan `links`: some of `PLANS`
 * @returns {Promise<Record<string, Link>>} by link
 *
 * @typedef {object} Link
 * @property {'burst' | 'queued'} way
 * @property {Record<string, Contender>} contenders
 * @property {Record<string, Spread>} ratios of the pairs' times per message
 *
 * @typedef {object} Contender
 * @property {number} messages
 * @property {Spread} microseconds for one message, from the moment when the first could leave
 * @property {Spread} withConnecting the same, from the first send
 */
export async function runNetwork(t, { rounds, links = Object.keys(PLANS) }) {
  const { code } = await bundlePage('network-page.mjs');
  const port = await startServer(t);
  const proxy = await createProxy({ target: { port } });
  t.after(() => proxy.close());
  const found = {};
  for (const name of links) {
    const { way, messages, retries, oneWayMs } = PLANS[name];
    proxy.delay(oneWayMs ?? 0);
    const url = oneWayMs === undefined ? `http://127.0.0.1:${port}` : proxy.url;
    const counts = Object.fromEntries(CONTENDERS.map((one) => [one, messages]));
    counts.retries = retries;
    const plan = { url, way, rounds, messages: counts };
    const results = await runInPlainBrowser(t, code, plan, DEADLINE_MS, ['--js-flags=--expose-gc']);
    found[name] = summarize(way, counts, results);
  }
  return found;
}

function summarize(way, messages, results) {
  const per = (which) => (round, name) => (round[name][which] * 1_000) / messages[name];
  const [flow, total] = [per('flowMs'), per('totalMs')];
  const all = (each) => spread(results.map(each));
  const ratio = (of, to, each = flow) => all((round) => each(round, of) / each(round, to));
  const contenders = Object.fromEntries(
    CONTENDERS.map((name) => [
      name,
      {
        messages: messages[name],
        microseconds: all((round) => flow(round, name)),
        withConnecting: all((round) => total(round, name)),
      },
    ]),
  );
  const others = CONTENDERS.filter((name) => name !== 'raw');
  const ratios = Object.fromEntries(others.map((name) => [`${name}/raw`, ratio(name, 'raw')]));
  ratios['retries/memory'] = ratio('retries', 'memory');
  ratios['durable/memory'] = ratio('durable', 'memory');
  ratios['memory/durable'] = ratio('memory', 'durable');
  ratios['memory/plain'] = ratio('memory', 'plain');
  ratios['raw/memory'] = ratio('raw', 'memory');
  ratios['memory/raw, with connecting'] = ratio('memory', 'raw', total);
  return { way, contenders, ratios };
}

/** Starts the server. Resolves with its port. */
export async function startServer(t) {
  const server = spawn(process.execPath, ['bench/server.mjs'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  const [port] = await once(server.stdout.setEncoding('utf8'), 'data');
  return Number(port);
}
