// The documented options are those of the code, the generated pages are current, and no link leads nowhere.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { headingsOf, withoutCode } from '../../docs/anchors.mjs';
import { changedSince } from '../../docs/digest.mjs';
import { disagreements, markdown, page } from '../../docs/generate.mjs';
import { entries, undocumented } from '../../docs/types.mjs';
import { MESSAGES } from '../../pkg-template/shell/errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every option has a doc comment, with the default that the code has', () => {
  assert.deepEqual(disagreements(), []);
});

test('every export of every entry has a doc comment', () => {
  for (const entry of entries()) assert.deepEqual(undocumented(entry), [], `${entry}.d.ts`);
});

test('docs/options.md is what its generator writes', () => {
  assert.equal(readFileSync(page, 'utf8'), markdown(), 'run `node docs/generate.mjs`');
});

test('docs/reference is what its generator makes of the types', () => {
  assert.deepEqual(changedSince(), [], 'changed since it was made: run `cargo xtask docs`');
});

test('every link between the pages leads to a page, and to a heading in it', () => {
  const dead = [];
  for (const file of pages()) {
    const text = withoutCode(readFileSync(file, 'utf8'));
    for (const [, target] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [name, anchor] = target.split('#');
      const there = name === '' ? file : path.resolve(path.dirname(file), name);
      const isDead = !existsSync(there) || (anchor && !anchorsOf(there).has(anchor));
      if (isDead) dead.push(`${path.relative(root, file)}: ${target}`);
    }
  }
  assert.deepEqual(dead, []);
});

/** The files in Markdown that readers see. */
function pages() {
  const found = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'].map((name) =>
    path.join(root, name),
  );
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        walk(file);
      else if (entry.name.endsWith('.md')) found.push(file);
    }
  };
  walk(path.join(root, 'docs'));
  return found;
}

/** @param {string} file */
function anchorsOf(file) {
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
  return new Set([...own, ...headingsOf(text).map(({ anchor }) => anchor)]);
}

test('every file that ARCHITECTURE.md names is there', () => {
  const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const named = [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map(([, name]) => name);
  assert.ok(named.length > 100);
  const isThere = (name) =>
    ['', 'pkg-template', 'tests/js'].some((folder) => existsSync(path.join(root, folder, name)));
  // The first are imports, and the others are made by a run.
  const isOther = (name) => /^(holdfast|target)\//.test(name);
  const missing = named.filter((name) => !isThere(name) && !isOther(name));
  assert.deepEqual(missing, []);
});

test('every code has a row in docs/troubleshooting.md', () => {
  const text = readFileSync(path.join(root, 'docs/troubleshooting.md'), 'utf8');
  const rows = text.match(/^\| `[A-Z].*$/gm) ?? [];
  const listed = new Set(rows.flatMap((row) => row.split(' | ')[0].match(/[A-Z][A-Z_]+/g) ?? []));
  const codes = codesOfThePackage();
  assert.ok(codes.size > 25, `found only ${[...codes]}`);
  assert.deepEqual(
    [...codes].filter((code) => !listed.has(code)),
    [],
  );
});

/** Those of `MESSAGES`, and each that the sources give to an error or an answer. */
function codesOfThePackage() {
  const codes = new Set(Object.keys(MESSAGES));
  const find = (folder, pattern) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) find(name, pattern);
      else if (/\.(js|rs)$/.test(name)) {
        const text = readFileSync(path.join(root, name), 'utf8');
        for (const [, code] of text.matchAll(pattern)) codes.add(code);
      }
    }
  };
  for (const folder of ['shell', 'server', 'react', 'common']) {
    find(
      `pkg-template/${folder}`,
      /(?:(?:HoldfastError|fail|refusal|refuse)\((?:[\w, ]*\s)?|code: |\? |: |\?\? |=== )'([A-Z][A-Z_]{5,})'/g,
    );
  }
  find('server-rs/src', /"([A-Z]+_[A-Z_]+)"/g);
  // The results that are no failure, and a code that a test of the crate makes up.
  for (const other of ['SUCCESS', 'ANSWER', 'TOO_LONG']) codes.delete(other);
  return codes;
}
