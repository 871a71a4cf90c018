// Says whether docs/reference/ is current, without the packages of docs/package.json: docs/reference/digest.json has the
// hashes of what the pages were made from and of the pages.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = path.dirname(fileURLToPath(import.meta.url));
const FILE = 'digest.json';

/** @param {string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    hash.update(`${path.basename(file)}\n`);
    hash.update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));
  }
  return hash.digest('hex');
}

/** @param {string} folder @param {string} extension */
const filesIn = (folder, extension) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .map((name) => path.join(folder, name));

/** @param {string} reference the folder of the pages */
const digestOf = (reference) => ({
  sources: hashOf([
    ...filesIn(path.join(docs, '../pkg-template/types'), '.d.ts'),
    ...['reference.mjs', 'tsconfig.json', 'package-lock.json'].map((name) => path.join(docs, name)),
  ]),
  pages: hashOf(filesIn(reference, '.md')),
});

/** @param {string} reference */
export function writeDigest(reference) {
  const text = `${JSON.stringify(digestOf(reference), null, 2)}\n`;
  writeFileSync(path.join(reference, FILE), text);
}

/** Which of both have changed since the pages were made. @param {string} [reference] @returns {string[]} */
export function changedSince(reference = path.join(docs, 'reference')) {
  const known = JSON.parse(readFileSync(path.join(reference, FILE), 'utf8'));
  return Object.entries(digestOf(reference))
    .filter(([part, hash]) => known[part] !== hash)
    .map(([part]) => part);
}
