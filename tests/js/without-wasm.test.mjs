// The engine as JavaScript, which an app imports where WebAssembly cannot run: it is the same engine.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FIELDS, TOLD } from '../../pkg-template/shell/numbers.js';
import { pkg, root } from '../support/paths.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Files of this folder that are about what the engine decides, from each side of it. */
const FILES = ['verdicts', 'receipts', 'lanes', 'said-again', 'io', 'durable/restored'];

/** Functions that the engine calls, none of which answers anything. */
const IMPORTS = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });

const bytes = await readFile(`${root}/target/package/holdfast.wasm`);
const compiled = new WebAssembly.Module(bytes);
const makeCompiled = () => new WebAssembly.Instance(compiled, IMPORTS).exports;

/** What the entry hands to the package. */
async function translated() {
  const text = await readFile(`${pkg}/esm/without-wasm.mjs`, 'utf8');
  const its = /import\{\w+ as (\w+)\}from"\.\/core\.mjs";/;
  assert.match(text, its);
  const file = text.replace(its, 'const $1=(script)=>{globalThis.captured=script};');
  await import(`data:text/javascript,${encodeURIComponent(file)}`);
  const { captured } = globalThis;
  delete globalThis.captured;
  return () => captured(IMPORTS);
}
const makeTranslated = await translated();

/** Mulberry32: the same numbers for a seed. */
function numbersOf(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below;
  };
}

/** Every kind of number that has to cross, where most are such as the shell tells. */
const ODD = [Infinity, -Infinity, Number.NaN, -1, -0.5, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300];

/** Tells both the same, and compares what they answer and order. Answers how many calls both trapped in. */
function compare(seed, steps) {
  const pick = numbersOf(seed);
  const whole = (below) => Math.floor(pick(below));
  const engines = [makeCompiled(), makeTranslated()];
  let wall = 1e12;
  const at = engines.map(({ driver_new }) => driver_new(wall, 0, 0.5));
  const known = [0, 1];
  const value = () => {
    const kind = whole(20);
    if (kind === 0) return ODD[whole(ODD.length)];
    if (kind < 6) return known[whole(known.length)];
    return kind < 12 ? whole(4) : whole(20_000);
  };
  const run = (what, args) => {
    const answers = engines.map(({ driver_tell }, index) => {
      try {
        return driver_tell(at[index], what, wall, wall - 1e12, ...args);
      } catch {
        return 'trap';
      }
    });
    assert.ok(Object.is(...answers), `seed ${seed}: ${what}(${args}) answers ${answers}`);
    return answers[0];
  };
  // Some answer with an address.
  const { poll: _poll, fields: _fields, names: _names, ...rest } = TOLD;
  const names = Object.values(rest);
  const begin = [TOLD.configure, TOLD.open];
  for (let step = 0; step < steps; step += 1) {
    wall += whole(3) === 0 ? whole(5_000) : 0;
    const what = begin[step] ?? (whole(3) === 0 ? TOLD.send : names[whole(names.length)]);
    const answer = run(what, Array.from({ length: 6 }, value));
    if (answer === 'trap') return 1;
    if (answer > 0 && known.length < 200) known.push(answer);
    for (let order = 1, polled = 0; order > 0 && polled < 50; polled += 1) {
      order = run(TOLD.poll, Array(6).fill(Number.NaN));
      if (order === 'trap') return 1;
      const [compiledFields, translatedFields] = engines.map(({ driver_tell, memory }, index) => {
        const where = driver_tell(at[index], TOLD.fields, wall, 0, 0, 0, 0, 0, 0, 0);
        return [...new Float64Array(memory.buffer, where, FIELDS)];
      });
      assert.deepEqual(translatedFields, compiledFields, `seed ${seed}: order ${order}`);
    }
  }
  return 0;
}

test('with it the package does what it does with WebAssembly', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      `--import=${pathToFileURL(here('../support/without-wasm.mjs'))}`,
      ...['--test', '--test-force-exit', '--test-reporter=tap'],
      ...FILES.map((name) => here(`${name}.test.mjs`)),
    ],
    { encoding: 'utf8', env, timeout: 240_000 },
  );
  const failed = stdout.split('\n').filter((line) => /^\s*not ok/.test(line));
  assert.deepEqual([status, failed], [0, []]);
  assert.ok(Number(/^# pass (\d+)$/m.exec(stdout)[1]) > 80, 'they were run');
});

test('told the same, it answers and orders the same, number for number', () => {
  let trapped = 0;
  for (let seed = 1; seed <= 200; seed += 1) trapped += compare(seed, 300);
  assert.ok(trapped < 20, `${trapped} of 200 ended early`);
});

test('its memory grows, and what is read of it then is the new one', () => {
  const engine = makeTranslated();
  const at = engine.driver_new(1e12, 0, 0.5);
  const before = engine.memory;
  const size = before.buffer.byteLength;
  for (let seq = 0; engine.memory === before; seq += 1) {
    assert.ok(seq < 1_000_000, 'it never grew');
    engine.driver_tell(at, TOLD.send, 1e12, 0, seq, 10, 0, Infinity, 0, 0);
  }
  assert.ok(engine.memory.buffer.byteLength > size);
});
