// Property names that only files of the shell use between each other: `core` is built with short names instead. A name
// must not be on the list if it is used by the app, the disk, another tab, another part of the package or an object of
// other code; `checkPrivate` refuses what it can find there.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const NAMES = `
  abandon ackIds ancestors answered beside byDefault dispatch drops emitAsked epoch fits forget
  grant handlers bufferLive identify isAsked isFetched isLinked isOwnSession isPolling isReceiptless
  isRestored isStale its journal kept keptOf last lastPongAt linkLost listen lists lives note
  noted numberOf owner ownSpan puts receive registrations rename replay sentAt seqNamed seqOfSame
  deferredEvents isBuffering firsts lastMessages toldEnd toldOver stopWaiting toldErased
  emitLater withoutReceipts keepAnswers sharedAs spoil takes takeUp tell tellName unname verdictCode
  warnOnce whose wipe wire
`
  .trim()
  .split(/\s+/);

/** Files whose names are public, a platform's or a dependency's: folders, and a pattern of the files. */
const FOREIGN = /** @type {const} */ ([
  ['pkg-template/types', /\.d\.ts$/],
  ['node_modules/typescript/lib', /^lib\.(es|dom).*\.d\.ts$/],
  ['node_modules/socket.io-client/build/esm', /\.js$/],
  ['node_modules/socket.io-parser/build/esm', /\.js$/],
  ['node_modules/engine.io-client/build/esm', /\.js$/],
  ['node_modules/@socket.io/component-emitter/lib/esm', /\.js$/],
]);

/** The pattern for esbuild's `mangleProps`. */
export const PRIVATE = new RegExp(`^(${NAMES.join('|')})$`);

/** The parts that import `core`. */
const CALLERS = ['index', 'socket', 'io', 'alias', 'react'];

/**
 * @param {string} root the checkout
 * @param {{ name: string, file: string, inputs: string[] }[]} parts the bundles, and what each is made of
 * @throws {Error} names a property that is not private, or not used any more
 */
export async function checkPrivate(root, parts) {
  const foreign = await Promise.all(
    FOREIGN.map(([folder, pattern]) => namesIn(path.join(root, folder), pattern)),
  );
  // Nor may it be a member of the tables in numbers.js: with a short name, it would not be replaced by its number.
  const facts = await readFile(path.join(root, 'pkg-template/shell/numbers.js'), 'utf8');
  const told = facts.match(/\b\w+(?=: \d)/g) ?? [];
  const taken = new Set([...foreign.flat(), ...told]);
  const read = (/** @type {string[]} */ files) =>
    Promise.all(files.map((file) => readFile(path.resolve(root, file), 'utf8')));
  const inputs = parts.find(({ name }) => name === 'core')?.inputs ?? [];
  const ours = (await read(inputs.filter((file) => file.endsWith('.js')))).join('\n');
  const callers = parts.filter(({ name }) => CALLERS.includes(name));
  const others = await read(callers.map(({ file }) => file));
  for (const name of NAMES) {
    const use = new RegExp(`[.{,]${name}\\b`);
    if (!new RegExp(`\\b${name}\\b`).test(ours))
      throw new Error(`nothing is named ${name} any more`);
    const isText = new RegExp(`['"]${name}['"]`).test(ours);
    if (taken.has(name) || isText || others.some((code) => use.test(code))) {
      throw new Error(`${name} is not private: it is used elsewhere too`);
    }
  }
}

/** @param {string} folder @param {RegExp} pattern of the files @returns {Promise<string[]>} the names in their code, without comments */
async function namesIn(folder, pattern) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => pattern.test(file));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts.flatMap(
    (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').match(/[A-Za-z_$][\w$]*/g) ?? [],
  );
}
