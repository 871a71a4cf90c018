// The engine as JavaScript, which an app imports where WebAssembly cannot run: it is the same engine.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TOLD } from '../../pkg-template/shell/numbers.js';
import { pkg } from '../support/paths.mjs';
import { compare, compiled, IMPORTS } from './engines-kit.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Files of this folder that are about what the engine decides, from each side of it. */
const FILES = ['verdicts', 'receipts', 'lanes', 'said-again', 'io', 'durable/restored'];

const makeCompiled = await compiled('holdfast');

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

/** All but what answers with an address, and what is polled for anyway. */
const { poll: _poll, fields: _fields, names: _names, ...rest } = TOLD;
const STORY = { begin: [TOLD.configure, TOLD.open], facts: Object.values(rest) };

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
  for (let seed = 1; seed <= 200; seed += 1) {
    trapped += Number(compare([makeCompiled, makeTranslated], STORY, seed, 300).trapped);
  }
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
