// Names of properties that only the engine's shell uses, which `core` is written without: they are what two of its
// files call each other by. Not among them is what the app, the disk, another tab, another part of the package or
// somebody else's object has by the same name, and `checkPrivate` refuses what it can find there.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const NAMES = `
  abandon ackIds ancestors answered beside byDefault dispatch drops emitAsked epoch fits forget
  grant handlers holds identify isAsked isFetched isLinked isOwnSession isPolling isReceiptless
  isRestored isStale its journal kept keptOf last lastPongAt linkLost listen lists lives note
  noted numberOf owner ownSpan puts receive registrations rename say sentAt seqNamed seqOfSame
  firsts lastMessages toldEnd toldOver stopWaiting toldErased emitLater withoutReceipts keepAnswers
  sharedAs spoil takes takeUp tell tellName unname warnOnce whose wipe wire
`
  .trim()
  .split(/\s+/);

/** Where names are public, a platform's, or those of a dependency: folders, and which of their files. */
const FOREIGN = /** @type {const} */ ([
  ['pkg-template/types', /\.d\.ts$/],
  ['node_modules/typescript/lib', /^lib\.(es|dom).*\.d\.ts$/],
  ['node_modules/socket.io-client/build/esm', /\.js$/],
  ['node_modules/socket.io-parser/build/esm', /\.js$/],
  ['node_modules/engine.io-client/build/esm', /\.js$/],
  ['node_modules/@socket.io/component-emitter/lib/esm', /\.js$/],
]);

/** For esbuild's `mangleProps`. */
export const PRIVATE = new RegExp(`^(${NAMES.join('|')})$`);

/** Parts that call `core`. */
const CALLERS = ['index', 'socket', 'io', 'alias', 'react'];

/**
 * @param {string} root the checkout
 * @param {{ name: string, file: string, inputs: string[] }[]} parts as they are bundled, and from what
 * @throws {Error} names what is not private, or not there any more
 */
export async function checkPrivate(root, parts) {
  const foreign = await Promise.all(
    FOREIGN.map(([folder, pattern]) => namesIn(path.join(root, folder), pattern)),
  );
  // Nor may it be a fact's: under a short name it would not be written as its number.
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
      throw new Error(`${name} is no private name: it stands elsewhere too`);
    }
  }
}

/** @param {string} folder @param {RegExp} pattern of the files that count @returns {Promise<string[]>} without comments */
async function namesIn(folder, pattern) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => pattern.test(file));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts.flatMap(
    (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').match(/[A-Za-z_$][\w$]*/g) ?? [],
  );
}
