// Where the time of a send goes: samples of the processor by function, and of the allocations, in the
// microbench's page, led back to the package's sources.

import { SourceMap } from 'node:module';
import { bundlePage, startBrowser } from './browser.mjs';

const MESSAGES = 10_000;
const BURSTS = 20;
const WARM_UP = 4;
const SAMPLE_MICROSECONDS = 100;
const SAMPLE_BYTES = 1_024;

/**
 * @param {Parameters<typeof startBrowser>[0]} t
 * @param {{ contender: string, storage: 'memory' | 'indexeddb', lines: number }} what
 * @returns {Promise<string>} a table in Markdown
 */
export async function profile(t, { contender, storage, lines }) {
  const { code, map } = await bundlePage('micro-page.mjs', { isFake: true });
  const nameOf = namer(map);
  const browser = await startBrowser(t);
  const page = await browser.open(code);
  await page.evaluate((storage) => window.setUp(storage), storage);
  const bursts = (times) =>
    page.evaluate(
      async ([name, count, times]) => {
        for (let i = 0; i < times; i += 1) await window.burst(name, count);
      },
      [contender, MESSAGES, times],
    );
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
    ...table('microseconds for one message', times, MESSAGES * BURSTS, lines),
    '',
    ...table('bytes for one message', bytes, MESSAGES, lines),
  ].join('\n');
}

const add = (sums, key, more) => sums.set(key, (sums.get(key) ?? 0) + more);

function table(unit, sums, messages, lines) {
  const rows = [...sums].toSorted(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, value]) => sum + value, 0);
  return [
    `| ${unit} | function |`,
    '| ---: | --- |',
    ...rows
      .slice(0, lines)
      .map(([name, value]) => `| ${(value / messages).toFixed(3)} | ${name} |`),
    `| ${(total / messages).toFixed(3)} | all |`,
  ];
}

/** Names a function by its place in the sources and the text there: the package's own names are minified. */
function namer(map) {
  const parsed = JSON.parse(map);
  const sources = new SourceMap(parsed);
  const texts = new Map(
    parsed.sources.map((source, index) => [source, parsed.sourcesContent[index].split('\n')]),
  );
  return ({ functionName, url, lineNumber, columnNumber }) => {
    // Its functions have no names in what ships.
    if (url.startsWith('wasm:')) return 'WebAssembly, all of it';
    const entry = lineNumber < 0 ? {} : sources.findEntry(lineNumber, columnNumber);
    const text = texts.get(entry.originalSource)?.[entry.originalLine]?.trim();
    if (text === undefined) return functionName || '(anonymous)';
    const place = entry.originalSource.replace(/^.*(holdfast|bench)\//, '');
    return `${place}:${entry.originalLine + 1} \`${text.slice(0, 60)}\``;
  };
}
