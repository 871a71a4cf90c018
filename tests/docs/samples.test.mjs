// Every code sample of README.md and docs/ is checked and run. README.md beside this file describes the marks of a sample.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test, { after, before, describe } from 'node:test';
import { root } from '../support/paths.mjs';
import { findPages, readPage } from './kit/pages.mjs';
import { checkTypes, openWorkshop, runProgram, writeSample } from './kit/workshop.mjs';

const pages = findPages().map((page) => ({ page, ...readPage(page) }));
const samples = pages.flatMap((page) => page.samples);

/** Each sample as it was written. @type {Map<object, { folder: string, entry: string, checked: string[] }>} */
const written = new Map();
/** @type {Map<string, string[]>} */
let complaints;
let workshop;

before(async () => {
  workshop = await openWorkshop();
  for (const sample of samples) written.set(sample, await writeSample(workshop.folder, sample));
  const files = [...written.values()].flatMap(({ folder, checked }) =>
    checked.map((name) => path.join(folder, name)),
  );
  complaints = checkTypes(files);
});
after(() => workshop?.close());

test('every code block has a mark', () => {
  assert.deepEqual(
    pages.flatMap(({ mistakes }) => mistakes),
    [],
  );
  assert.ok(samples.length > 0, 'no samples were found');
});

test('a block that another test runs is read by that test', async () => {
  for (const { page, elsewhere } of pages) {
    for (const { marks, line } of elsewhere) {
      if (!marks['run-by']) continue;
      const text = await readFile(path.join(root, marks['run-by']), 'utf8');
      assert.ok(
        text.includes(page),
        `${page}:${line}: ${marks['run-by']} does not mention ${page}`,
      );
    }
  }
});

describe('samples', { concurrency: 2 }, () => {
  for (const sample of samples) {
    test(`${sample.page}: ${sample.name}`, async () => {
      const files = written.get(sample);
      const found = files.checked.flatMap((name) => complaints.get(path.join(files.folder, name)));
      assert.equal(found.join('\n'), '');
      if (sample.run === 'program') await runProgram(files);
    });
  }
  for (const { page, elsewhere } of pages) {
    for (const { marks, line } of elsewhere) {
      if (marks['not-run']) test(`${page}:${line}`, { skip: marks['not-run'] });
    }
  }
});
