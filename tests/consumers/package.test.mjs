// The packed package as a file: its content, and the results of tools that check packages.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pkg, root } from '../support/paths.mjs';
import { pack } from './consumer.mjs';

const start = promisify(execFile);

test('every module resolution finds every entry and its types', async () => {
  const { file } = await pack();
  await start(process.execPath, [program('@arethetypeswrong/cli'), file]).catch(failWithOutput);
  await start(process.execPath, [program('publint'), '--strict', pkg]).catch(failWithOutput);
});

test('the package contains only the files that a user needs', async () => {
  const { names } = await pack();
  const expected = /^(esm\/)?[a-z-]+\.(js|mjs|d\.ts|d\.mts|js\.map|mjs\.map)$/;
  const others = names.filter((name) => !expected.test(name)).sort();
  assert.deepEqual(others, ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json']);
});

test('every link of the README leads out of the package, since it has no other documents', async () => {
  await pack();
  const text = await readFile(path.join(pkg, 'README.md'), 'utf8');
  const targets = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target);
  assert.ok(targets.length > 10, `found only ${targets}`);
  assert.deepEqual(
    targets.filter(
      (target) =>
        !/^(https:\/\/github\.com\/[\w-]+\/holdfast\/(blob|raw)\/HEAD\/\w|#)/.test(target),
    ),
    [],
  );
});

test('no file of the package contains the path of its build', async () => {
  const { names } = await pack();
  for (const name of names) {
    const text = await readFile(path.join(pkg, name), 'utf8');
    for (const place of [root, `${homedir()}/`]) {
      assert(!text.includes(place), `${name} contains ${place}`);
    }
  }
});

/** The file of a command of an installed package. */
function program(name) {
  const folder = fileURLToPath(new URL(`../../node_modules/${name}/`, import.meta.url));
  return path.join(folder, PROGRAMS[name]);
}

const PROGRAMS = { '@arethetypeswrong/cli': 'dist/index.js', publint: 'src/cli.js' };

function failWithOutput({ stdout, stderr }) {
  assert.fail(`${stdout}\n${stderr}`);
}
