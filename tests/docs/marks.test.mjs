// The check of samples itself: what it must complain about, it complains about.

import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { readPageText } from './kit/pages.mjs';
import { checkTypes, openWorkshop, runProgram, writeSample } from './kit/workshop.mjs';

const page = (...lines) => readPageText('page.md', lines.join('\n'));

test('a block without a mark is a mistake, unless it is no code', () => {
  assert.deepEqual(page('```js', 'x', '```').mistakes, [
    "page.md:1: a block of 'js' without a mark: see tests/docs/README.md",
  ]);
  assert.equal(page('```', 'x', '```').mistakes.length, 1);
  assert.deepEqual(page('```sh', 'npm test', '```').mistakes, []);
  assert.deepEqual(page('~~~md', '```js', '~~~').mistakes.length, 1);
});

test('an unknown mark and a kind of run that does not exist are mistakes', () => {
  assert.equal(page('```js sampel=a', '```').mistakes.length, 1);
  assert.equal(page('```js sample=a run=never', '```').mistakes.length, 1);
  assert.equal(page('```python sample=a', '```').mistakes.length, 1);
});

test('blocks of one sample are one program, also inside of a list', () => {
  const { samples } = page(
    '- item',
    '  ```js sample=a',
    '  1;',
    '  ```',
    '```js sample=a',
    '2;',
    '```',
  );
  assert.deepEqual(
    samples.map(({ name, blocks }) => [name, blocks.map(({ code }) => code)]),
    [['a', ['1;\n', '2;\n']]],
  );
});

test('a name that nothing defines, an unknown option and a program that throws fail', async (t) => {
  const { folder, close } = await openWorkshop();
  t.after(close);
  const { samples } = page(
    ...['```js sample=undefined-name', 'send(1);', '```'],
    ...['```js sample=unknown-option', "import { createClient } from 'holdfast';", '```'],
    ...['```js sample=unknown-option', 'createClient({ token: 1 });', '```'],
    ...['```js sample=throws', "throw new Error('planted');", '```'],
    ...['```js sample=fine', 'export const f = (x) => x;', '```'],
    ...['```js sample=without-prelude with=nothing', '```'],
  );
  const written = [];
  for (const sample of samples.slice(0, -1)) written.push(await writeSample(folder, sample));
  await assert.rejects(writeSample(folder, samples.at(-1)), /no prelude nothing/);
  const files = written.map((one) => path.join(one.folder, one.entry));
  const complaints = checkTypes(files);
  assert.deepEqual(
    files.map((file) => complaints.get(file).length),
    [1, 1, 0, 0],
  );
  await assert.rejects(runProgram(written[2]), /planted/);
  await runProgram(written[3]);
});
