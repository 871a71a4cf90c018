// A message is sent while the server is down, the page is reloaded, and the server started again. Then each of the three ways
// sends to the same server.

import { openFile } from 'docs-kit/browser.mjs';
import { assert, pass, startFile, until } from 'docs-kit/kit.mjs';

let server = await startFile('server.mjs');
const page = await openFile('index.html');
const lines = () => page.textContent('pre').then((text) => text.split('\n').filter(Boolean));
const send = async (text) => {
  await page.fill('input', text);
  await page.click('button');
};
const shows = (...expected) =>
  until(
    async () => String(await lines()) === String(expected),
    async () => `${expected}: ${await lines()}`,
  );

await send('first');
await shows('✓ first');
await server.kill();
await send('second');
await shows('✓ first', '… second');
await page.reload();
await shows('… second');
server = await startFile('server.mjs');
await shows('✓ first', '✓ second');
await page.reload();
await shows('✓ first', '✓ second');
assert.equal((await page.evaluate(() => indexedDB.databases())).length, 1);

// Twice by a plain emit, which has no id: the second is another message.
const expected = ['✓ first', '✓ second'];
for (const way of ['io.mjs', 'io.mjs', 'socket.mjs', 'client.mjs']) {
  const program = await startFile(way);
  expected.push('✓ hello');
  await shows(...expected);
  await program.kill();
}
pass();
