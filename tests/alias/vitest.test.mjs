// The recipe of docs/alias.md for Vite, in Vitest.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { before } from 'node:test';
import { install, run } from '../consumers/consumer.mjs';
import { addSources, DELIVERED, follow, startServer } from './kit.mjs';

let folder;
before(async () => {
  folder = await install('../alias/vitest');
  await addSources(folder);
  await follow(folder, 'vite.config.mjs');
});

const vitest = (file, { args = [], env } = {}) =>
  run(folder, 'node_modules/vitest/vitest.mjs', { args: ['run', file, ...args], env });

test('what is lost arrives', async (t) => {
  await writeFile(
    path.join(folder, 'story.test.mjs'),
    `import { expect, test } from 'vitest';
    import { tell } from './src/main.js';
    test('what was lost arrives', async () => {
      expect(await tell(process.env.SERVER)).toEqual(JSON.parse(process.env.EXPECTED));
    });`,
  );
  const EXPECTED = JSON.stringify([DELIVERED, DELIVERED]);
  await vitest('story', { env: { SERVER: await startServer(t), EXPECTED } });
});

test("another package's import is an alias where Vitest inlines that package", async () => {
  const wrapper = path.join(folder, 'node_modules/a-wrapper');
  await mkdir(wrapper);
  const manifest = { name: 'a-wrapper', type: 'module', exports: './index.js' };
  await writeFile(path.join(wrapper, 'package.json'), JSON.stringify(manifest));
  const code = "export { io } from 'socket.io-client';";
  await writeFile(path.join(wrapper, 'index.js'), code);
  await writeFile(
    path.join(folder, 'wrapper.test.mjs'),
    `import { io } from 'a-wrapper';
    import { expect, test } from 'vitest';
    import { io as alias } from 'holdfast/alias';
    test('it is', () => expect(io === alias).toBe(process.env.IS_INLINED === 'yes'));`,
  );
  await vitest('wrapper', { env: { IS_INLINED: 'no' } });
  await writeFile(
    path.join(folder, 'inlined.config.mjs'),
    `import config from './vite.config.mjs';
    export default { ...config, test: { server: { deps: { inline: ['a-wrapper'] } } } };`,
  );
  const args = ['--config', 'inlined.config.mjs'];
  await vitest('wrapper', { args, env: { IS_INLINED: 'yes' } });
});
