// The packed package in Node: loading it has no effect, it works, and it lets the process exit.

import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { install, run } from './consumer.mjs';

let folder;
before(async () => {
  folder = await install('node');
});

for (const file of ['import.mjs', 'require.cjs']) {
  test(`${file}: loading leaves no timer, no handle and no global`, async () => {
    assert.deepEqual(await printed(file), {
      globals: [],
      resources: [],
      server: 'function',
      problems: [],
    });
  });

  test(`${file}: every function works right after the import, and nothing stays behind`, async () => {
    assert.deepEqual((await printed(file, '--use')).problems, []);
  });
}

/** Fails if the process does not exit by itself, because then something was left open. */
async function printed(file, ...args) {
  const { stdout } = await run(folder, file, { args, timeoutMs: 10_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
