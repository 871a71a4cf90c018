// The files of docs/guides/testing.md, written into an app as its reader would write them.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPageText } from '../docs/kit/pages.mjs';
import { root } from '../support/paths.mjs';

/**
 * @param {string} folder of the app
 * @param {string} test the file of the test that follows the guide, as the marks of its blocks name it
 */
export async function followGuide(folder, test) {
  const page = 'docs/guides/testing.md';
  const { elsewhere } = readPageText(page, await readFile(path.join(root, page), 'utf8'));
  const files = elsewhere.filter(({ marks }) => marks['run-by'] === test);
  for (const { marks, code } of files) {
    const file = path.join(folder, marks.file);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  }
  return files.length;
}
