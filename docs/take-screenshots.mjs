// Takes the screenshots of docs/screenshots/ of the built demo: `node docs/take-screenshots.mjs`. With an argument, it writes
// only those whose names begin with it.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromeFlags, findChrome } from '../tests/support/browser.mjs';
import { root } from '../tests/support/paths.mjs';
import { DemoServer } from '../tests/support/server.mjs';
import { until } from '../tests/support/until.mjs';

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const THEMES = ['light', 'dark'];
const MOST_BYTES = 120_000;
/** The inspector's gradients and small texts take more. */
const MOST_BYTES_OF_INSPECTOR = 150_000;
const [only = ''] = process.argv.slice(2);

const TALK = [
  ['bob', 'On the train already?'],
  ['alice', 'Yes. One tunnel after the other.'],
  ['bob', 'And if a message gets lost?'],
  ['alice', 'None does. Watch.'],
];
const TO_CAROL = [
  ['carol', 'The slides are in the folder'],
  ['carol', 'Look at page four?'],
];
const IN_THE_TUNNEL = ['First tunnel', 'Still writing'];
const IN_THE_NEXT_ONE = ['Second tunnel', 'It is a long one', 'See you at ten'];

const browser = await chromium.launch({ executablePath: findChrome(), args: chromeFlags() });
try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const theme of THEMES) await withDemo((demo) => takeAll(demo, size, viewport, theme));
  }
} finally {
  await browser.close();
}

/** A demo of its own for each: what is shown does not depend on what was taken before. */
async function withDemo(use) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-shots-'));
  const demo = new DemoServer(process.env.LAB ?? 'js-demo/lab/main.js', {
    DATABASE: join(folder, 'demo.db'),
  });
  try {
    await demo.start();
    await use(demo);
  } finally {
    await demo.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function takeAll(demo, size, viewport, theme) {
  for (const [from, content] of TALK) {
    await post(demo, from, from === 'alice' ? 'bob' : 'alice', content);
  }
  for (const [from, content] of TO_CAROL) await post(demo, from, 'alice', content);
  const friend = await openAs(demo, 'bob', SIZES.desktop, 'light');
  await friend.getByTestId('person-alice').click();
  const page = await openAs(demo, 'alice', viewport, theme);
  const isPhone = size === 'phone';
  const shot = (what, mostBytes) => take(page, `${what}-${size}-${theme}`, mostBytes);
  const bob = page.getByTestId('person-bob');
  const isOnline = page.locator('[data-testid="person-bob"][data-online="true"]');
  await isOnline.waitFor();
  if (isPhone) await shot('list');
  await bob.click();
  await page.getByTestId('message-row').first().waitFor();
  await friend.getByTestId('message-input').pressSequentially('Hm');
  await page.getByTestId('typing').waitFor();
  await shot('conversation');
  await friend.getByTestId('message-input').fill('');
  await page.getByTestId('typing').waitFor({ state: 'detached' });

  await page.getByTestId('bell').click();
  await page.getByTestId('notification').first().waitFor();
  await shot('bell');
  await page.keyboard.press('Escape');

  const openSheet = () => isPhone && page.getByTestId('open-faults').click();
  await openSheet();
  await page.getByTestId('fault-delay').fill('600');
  await page.getByTestId('burst').click();
  await until(async () => (await sent(page)) >= 5, 'five are sent');
  await page.getByTestId('fault-cut').click();
  await page.locator('[data-testid="connection-banner"][data-state="reconnecting"]').waitFor();
  if (isPhone) await page.getByLabel('Close').click();
  for (const text of IN_THE_TUNNEL) {
    await page.getByTestId('message-input').fill(text);
    await page.keyboard.press('Enter');
  }
  // Long enough to be seen.
  await page.waitForTimeout(4000);
  if (isPhone) await shot('waiting');
  await openSheet();
  await shot('cut');
  await page.getByTestId('fault-restore').click();
  await page.locator('[data-testid="connection-banner"][data-state="healthy"]').waitFor();
  // The timeline has room for the last six.
  await until(async () => (await sent(page)) >= 6, 'all are sent');
  if (!isPhone) await isOnline.waitFor();
  await page.waitForTimeout(1500);
  await shot('after');

  if (!isPhone) {
    // A larger picture would be too many bytes.
    await page.setViewportSize({ width: 1100, height: 660 });
    await page.getByRole('button', { name: 'Inspector', exact: true }).click();
    await page.getByTestId('fault-cut').click();
    await page.locator('[data-testid="connection-banner"][data-state="reconnecting"]').waitFor();
    for (const text of IN_THE_NEXT_ONE) {
      await page.getByTestId('message-input').fill(text);
      await page.keyboard.press('Enter');
      await page.waitForTimeout(500);
    }
    await page.waitForTimeout(2500);
    await page.evaluate(() => document.querySelector('#faults').scrollTo(0, 0));
    await shot('inspector', MOST_BYTES_OF_INSPECTOR);
  }
  await page.context().close();
  await friend.context().close();
}

function sent(page) {
  return page.locator('[data-testid="track"][data-states$="sent"]').count();
}

async function take(page, name, mostBytes = MOST_BYTES) {
  if (!name.startsWith(only)) return;
  await page.mouse.move(0, 0);
  // Fonts, and what fades in.
  await page.evaluate(() => document.fonts.ready);
  const path = `${root}docs/screenshots/${name}.png`;
  await page.screenshot({ path, caret: 'hide' });
  const { size } = await stat(path);
  console.log(`${name} ${size}${size > mostBytes ? ' TOO LARGE' : ''}`);
}

async function openAs(demo, userId, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${demo.url}/?user=${userId}`);
  await page.locator('[data-testid="connection-banner"][data-state="healthy"]').waitFor();
  return page;
}

async function post(demo, from, to, content) {
  const token = await demo.login(from);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ recipient: to, content });
  await fetch(`${demo.url}/messages`, { method: 'POST', headers, body });
}
