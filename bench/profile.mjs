// Where the time of a send goes: samples of the main thread and of the allocations, by function, mapped to the package's
// sources. In the page of the microbench, or over a real Socket on loopback.

import { SourceMap } from 'node:module';
import { bundlePage, startBrowser } from './browser.mjs';
import { startServer } from './network.mjs';

const MESSAGES = 10_000;
const BURSTS = 10;
const WARM_UP = 4;
const SAMPLE_MICROSECONDS = 100;
const SAMPLE_BYTES = 1_024;
const LINES = 40;

/**
 * The profiles by name: the page, and how it sends one burst.
 */
const TARGETS = Object.fromEntries([
  ...['bare', 'plain', 'memory', 'durable'].map((name) => [name, faked(name)]),
  ...['raw', 'plain', 'memory', 'durable'].map((name) => [`loopback:${name}`, networked(name)]),
]);

function faked(name) {
  const contender = name === 'memory' || name === 'durable' ? 'holdfast' : name;
  return {
    file: 'micro-page.mjs',
    isFake: true,
    setUp: (page) =>
      page.evaluate(
        (storage) => window.setUp(storage),
        name === 'durable' ? 'indexeddb' : 'memory',
      ),
    burst: (page) =>
      page.evaluate(([name, count]) => window.burst(name, count), [contender, MESSAGES]),
  };
}

function networked(name) {
  return {
    file: 'network-page.mjs',
    isFake: false,
    setUp: () => {},
    // One more burst runs first, to warm up. It is part of the profile.
    burst: (page, url) =>
      page.evaluate((plan) => window.run(plan), {
        url,
        way: 'burst',
        rounds: 1,
        messages: { [name]: MESSAGES / 2 },
      }),
  };
}

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @param {string} name one of `TARGETS`
 * @returns {Promise<string>} tables in Markdown
 */
export async function profile(t, name) {
  const target = TARGETS[name];
  if (!target) throw new Error(`--profile takes ${Object.keys(TARGETS).join(', ')}`);
  const { code, map } = await bundlePage(target.file, target);
  const nameOf = namer(map);
  const url = `http://127.0.0.1:${await startServer(t)}`;
  const page = await (await startBrowser(t)).open(code);
  await target.setUp(page);
  const bursts = async (times) => {
    for (let i = 0; i < times; i += 1) await target.burst(page, url);
  };
  await bursts(WARM_UP);
  const session = await page.context().newCDPSession(page);

  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
  await session.send('Profiler.start');
  await bursts(BURSTS);
  const { profile: cpu } = await session.send('Profiler.stop');
  const functions = new Map(cpu.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const times = new Map();
  cpu.samples.forEach((id, index) => {
    add(times, functions.get(id), cpu.timeDeltas[index]);
  });

  await session.send('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await bursts(1);
  const { profile: heap } = await session.send('HeapProfiler.stopSampling');
  const bytes = new Map();
  const visit = ({ callFrame, selfSize, children }) => {
    add(bytes, nameOf(callFrame), selfSize);
    for (const child of children) visit(child);
  };
  visit(heap.head);

  return [
    ...table('microseconds for one message', times, MESSAGES * BURSTS),
    '',
    ...table('bytes for one message', bytes, MESSAGES),
  ].join('\n');
}

const add = (sums, key, more) => sums.set(key, (sums.get(key) ?? 0) + more);

function table(unit, sums, messages) {
  const rows = [...sums].toSorted(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, value]) => sum + value, 0);
  return [
    `| ${unit} | function |`,
    '| ---: | --- |',
    ...rows
      .slice(0, LINES)
      .map(([name, value]) => `| ${(value / messages).toFixed(3)} | ${name} |`),
    `| ${(total / messages).toFixed(3)} | all |`,
  ];
}

/** Names a function by its source location and the text there, because the package's own names are minified. */
function namer(map) {
  const parsed = JSON.parse(map);
  const sources = new SourceMap(parsed);
  const texts = new Map(
    parsed.sources.map((source, index) => [source, parsed.sourcesContent[index].split('\n')]),
  );
  return ({ functionName, url, lineNumber, columnNumber }) => {
    // The engine's functions have no names in the shipped build.
    if (url.startsWith('wasm:')) return 'WebAssembly, all of it';
    const entry = lineNumber < 0 ? {} : sources.findEntry(lineNumber, columnNumber);
    const text = texts.get(entry.originalSource)?.[entry.originalLine]?.trim();
    if (text === undefined) return functionName || '(anonymous)';
    const place = entry.originalSource.replace(/^.*(holdfast|bench)\//, '');
    return `${place}:${entry.originalLine + 1} \`${text.slice(0, 60)}\``;
  };
}
