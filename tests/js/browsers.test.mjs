// The browsers that the README names can run the package: they support its syntax, every API that it uses, and the
// WebAssembly features of the engine.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { parse } from 'acorn';
import { SYNTAX } from '../../pkg-template/weigh.mjs';
import { findTooNew, lacking } from '../support/compatibility.mjs';
import { pkg, root } from '../support/paths.mjs';

const { webassembly } = createRequire(import.meta.url)('@mdn/browser-compat-data');

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const [, chrome, firefox, safari] =
  /Chrome and Edge ([\d.]+), Firefox ([\d.]+) and Safari ([\d.]+)/.exec(readme);
const OLDEST = {
  ...{ chrome, chrome_android: chrome, edge: chrome },
  ...{ firefox, firefox_android: firefox },
  ...{ safari, safari_ios: safari },
};

/** The entries for browsers: all except `holdfast/server`. */
const ENTRIES = [
  'core',
  'module',
  'io-module',
  'index',
  'socket',
  'io',
  'alias',
  'react',
  'without-wasm',
];

test('every shipped file parses with the promised syntax version', () => {
  const ecmaVersion = Number(SYNTAX.slice('es'.length));
  const files = readdirSync(pkg, { recursive: true }).filter((name) => /\.m?js$/.test(name));
  assert(files.length >= 2 * ENTRIES.length, files.join());
  for (const name of files) {
    const sourceType = name.endsWith('.mjs') ? 'module' : 'script';
    parse(readFileSync(path.join(pkg, name), 'utf8'), { ecmaVersion, sourceType });
  }
  assert.throws(() => parse('a ||= 1', { ecmaVersion }), SyntaxError, 'of 2021');
});

test('no file for browsers uses an API that a supported browser lacks', () => {
  const planted = path.join(root, 'pkg-template/planted.js');
  const { uses, seen } = findTooNew(sources(), OLDEST, { [planted]: PLANTED });
  const [ours, known] = [false, true].map((isPlanted) =>
    uses.filter(({ place }) => place.startsWith(planted) === isPlanted),
  );
  assert.deepEqual(ours, []);
  // A check that sees nothing would pass too.
  assert(seen > 500, `only ${seen} uses were seen`);
  assert.deepEqual(
    known.map(({ api }) => api),
    [
      'javascript.builtins.Array.findLast',
      'javascript.builtins.Promise.withResolvers',
      'javascript.builtins.Object.groupBy',
      'javascript.builtins.Array.toSorted',
      'javascript.builtins.TypedArray.toSorted',
      'api.AbortSignal.timeout_static',
      'api.Element.checkVisibility',
      'api.URLPattern',
      'api.scheduler',
    ],
  );
});

test('for older browsers, the check reports the missing APIs', () => {
  const planted = path.join(root, 'pkg-template/planted.js');
  const text = '[1].at(-1); Object.hasOwn({}, "a"); navigator.locks.query();';
  const older = { chrome: '68', firefox: '89', safari: '15.3' };
  const { uses } = findTooNew([], older, { [planted]: text });
  assert.deepEqual(
    uses.map(({ api }) => api),
    [
      'javascript.builtins.Array.at',
      'javascript.builtins.Object.hasOwn',
      'api.LockManager.query',
      'api.Navigator.locks',
    ],
  );
});

test('the engine uses only WebAssembly features of these browsers', () => {
  const flags = readFileSync(path.join(root, 'xtask/src/wasm.rs'), 'utf8').matchAll(
    /"--enable-([\w-]+)"/g,
  );
  const features = [...flags].map(([, flag]) => flag);
  assert(features.length > 0);
  for (const flag of features) {
    const name = FEATURES[flag];
    assert(name, `--enable-${flag} has no name in MDN's data`);
    if (name === ALWAYS) continue;
    assert.deepEqual(lacking(webassembly[name].__compat.support, OLDEST), [], name);
  }
});

/** By its first name, the name in MDN's data. */
const ALWAYS = 'a part of the first WebAssembly that browsers had';
const FEATURES = {
  'bulk-memory': 'bulk-memory-operations',
  'reference-types': 'reference-types',
  multivalue: 'multi-value',
  'nontrapping-float-to-int': 'non-trapping-float-to-int-conversions',
  'sign-ext': 'sign-extension-operations',
  'mutable-globals': ALWAYS,
};

/** A use of each kind that the check can see. */
const PLANTED = `
  [1].findLast(Boolean);
  const { withResolvers } = Promise;
  Object['groupBy']([], String);
  /** @param {any} value */
  export const sorted = (value) => value.toSorted();
  AbortSignal.timeout(1);
  document.body.checkVisibility();
  new URLPattern();
  globalThis.scheduler;
`;

/** The sources of all that browsers load, as the maps name them. */
function sources() {
  const names = ENTRIES.flatMap(
    (name) => JSON.parse(readFileSync(path.join(pkg, `esm/${name}.mjs.map`), 'utf8')).sources,
  );
  // The engine, what reads it, and a list of the names of settings are made by the build.
  const files = [...new Set(names)]
    .filter((name) => !name.startsWith('holdfast:'))
    .map((name) => path.join(root, name.replace('holdfast/', 'pkg-template/')));
  for (const file of files) assert(existsSync(file), `${file} is checked by nothing`);
  return files;
}
