// The recipe of docs/shapes.md for Next.js, built and in development.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import test, { before } from 'node:test';
import { install, run, startTool } from '../consumers/consumer.mjs';
import { assertInOrder, follow, liveThrough, SEND, startWire } from '../consumers/shapes-kit.mjs';
import { launchBrowser, openPage } from '../support/browser.mjs';

const NEXT = 'node_modules/next/dist/bin/next';
const HERE = ['-H', '127.0.0.1', '-p', '0'];
const LAYOUT = `
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}`;

process.env.NEXT_TELEMETRY_DISABLED = '1';
const browser = await launchBrowser();
let folder;
before(async () => {
  folder = await install('../alias/next');
  await rm(path.join(folder, 'app'), { recursive: true });
  await follow(folder, 'Next.js', { 'src/app/layout.jsx': LAYOUT });
});

/** The app at this address delivers, and nothing but the page has connected. */
async function assertLivesThrough(t, wire, url) {
  const page = await openPage(t, browser, url);
  await page.waitForSelector('form');
  await page.evaluate(SEND);
  assertInOrder(wire, await liveThrough(page, wire));
  for (const { handshake } of wire.links) assert.match(handshake.headers['user-agent'], /Chrome/);
}

test('Next builds an app whose messages arrive', async (t) => {
  const wire = await startWire(t);
  process.env.NEXT_PUBLIC_SERVER = wire.proxy.url;
  await run(folder, NEXT, { args: ['build'], timeoutMs: 300_000 });
  await assertLivesThrough(t, wire, await startTool(t, folder, [NEXT, 'start', ...HERE]));
});

test('Next serves one in development, in StrictMode', async (t) => {
  const wire = await startWire(t);
  process.env.NEXT_PUBLIC_SERVER = wire.proxy.url;
  await assertLivesThrough(t, wire, await startTool(t, folder, [NEXT, 'dev', ...HERE]));
});
