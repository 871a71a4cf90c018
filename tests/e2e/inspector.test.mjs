// The inspector in the real demo: a link is cut and restored, the element shows what the client does meanwhile, and the
// exported recording plays back in the element and natively. `HOLDFAST_SHOTS` names a folder for pictures of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import test, { describe } from 'node:test';
import { TOLD } from '../../pkg-template/shell/numbers.js';
import { launchBrowser } from '../support/browser.mjs';
import { bundle } from '../support/bundle.mjs';
import { DESKTOP, openAs, PHONE, untilBanner, untilShown, write } from '../support/demo-page.mjs';
import { startLab } from '../support/lab-process.mjs';
import { root } from '../support/paths.mjs';
import { startDemo } from '../support/server.mjs';
import { until } from '../support/until.mjs';

const browser = await launchBrowser();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const BEFORE = ['one', 'two', 'three'];
const DURING = ['four', 'five', 'six'];
const IS_DOWN = /The link is (lost|down)/;
/** What the browser logs about each attempt to connect while the link is cut. */
const CUT_LINK = /^error: .*(WebSocket connection to|Failed to load resource|net::ERR_)/;

test('the demo shows its cut in the inspector, and the exported recording plays back everywhere', async (t) => {
  const { demo, page } = await openDemo(t, DESKTOP);
  await cutWithMessages(demo, page);
  const outbox = inspector(page).getByRole('region', { name: 'Outbox' });
  await untilAllWaitForTheLink(page);
  assert.equal(await settled(page).count(), BEFORE.length);
  const timeline = inspector(page).getByRole('application');
  await timeline.and(page.getByLabel(/6 messages, 3 delivered, 3 waiting/)).waitFor();

  await restore(demo, page);
  await outbox.getByText('Nothing waits: every message has its result.').waitFor();
  assert.equal(await settled(page).count(), BEFORE.length + DURING.length);
  await timeline.and(page.getByLabel(/6 messages, 6 delivered$/)).waitFor();
  await inspector(page).getByText('Ready', { exact: true }).waitFor();

  const download = page.waitForEvent('download');
  await inspector(page).getByRole('button', { name: 'Export recording' }).click();
  const file = await (await download).path();
  await inspector(page).locator('input[type="file"]').setInputFiles(file);
  const slider = inspector(page).getByRole('slider');
  await slider.waitFor();
  await inspector(page).getByText('Ready', { exact: true }).waitFor();
  await timeline.and(page.getByLabel(/6 delivered$/)).waitFor();

  // Back to the step at which the last message was on disk: all three wait for the link again.
  const { labels, steps } = JSON.parse(await readFile(file, 'utf8'));
  const { seq } = labels.findLast(({ event }) => event === 'send_message');
  const sent = steps.findIndex(([what, , , answer]) => what === TOLD.send && answer === seq);
  const at = steps.findIndex(([what], index) => index > sent && what === TOLD.committed);
  await slider.fill(String(at));
  await untilAllWaitForTheLink(page);
  await inspector(page).getByRole('button', { name: 'Next step', exact: true }).click();
  await until(async () => Number(await slider.inputValue()) === at + 1, 'a step forward');
  await inspector(page).getByRole('button', { name: 'Last step', exact: true }).click();
  await outbox.getByText('Nothing waits: every message has its result.').waitFor();

  const { code, output } = await replayNatively(file);
  assert.equal(code, 0, output);
  assert.match(output, /the link is ready/);
  assertQuiet(page);
});

// Most of their time is waiting, so two run at once.
describe('on each screen', { concurrency: 2 }, () => {
  for (const [size, device] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    test(`axe finds nothing in the page with the inspector, ${size}`, async (t) => {
      const { demo, page } = await openDemo(t, { ...device, reducedMotion: 'reduce' });
      const look = async (moment, tabs) => {
        for (const tab of size === 'phone' ? tabs : [null]) {
          if (tab) await inspector(page).getByRole('tab', { name: tab }).click();
          for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
            await page.emulateMedia({ colorScheme });
            await page.waitForTimeout(200);
            await shoot(page, [moment, size, colorScheme, tab].filter(Boolean).join('-'));
            await check(page, `${moment} ${colorScheme} ${tab ?? ''}`);
          }
        }
      };
      await cutWithMessages(demo, page);
      await look('cut', ['Timeline', 'Outbox']);
      await restore(demo, page);
      await look('after', ['Timeline', 'Outbox']);
      await inspector(page).getByRole('button', { name: 'Live: pause' }).click();
      await inspector(page).getByRole('slider').waitFor();
      await look('paused', ['Steps']);
      assertQuiet(page);
    });

    test(`the panel leaves the chat in sight, and gives its room back when it closes, ${size}`, async (t) => {
      const height = size === 'phone' ? 844 : 750;
      const width = device.viewport.width;
      const { page } = await openDemo(t, { viewport: { width, height } });
      const top = async () => (await inspector(page).boundingBox()).y;
      const composerEnd = async () => {
        const box = await page.getByTestId('message-input').boundingBox();
        return box.y + box.height;
      };
      assert.ok((await top()) >= height * 0.55 - 1, `${await top()}`);
      await until(
        async () => (await composerEnd()) < (await top()),
        'the input is above the panel',
      );
      const before = await composerEnd();
      await inspector(page).getByRole('button', { name: 'Close inspector' }).click();
      await until(async () => (await composerEnd()) > before, 'the input is at the bottom again');
      assert.equal(await inspector(page).count(), 0);
    });
  }
});

test('an app that does not import the inspector has nothing of it', async () => {
  const code = await bundle(`import * as all from 'holdfast/socket'; window.holdfast = all;`);
  assert.doesNotMatch(code, /holdfast-inspector/);

  const folder = path.join(root, 'js-demo/web/dist');
  const scripts = (await readdir(path.join(folder, 'assets'))).filter((name) => /\.js$/.test(name));
  const texts = await Promise.all(
    scripts.map((name) => readFile(path.join(folder, 'assets', name), 'utf8')),
  );
  const chunks = scripts.filter((_, n) => texts[n].includes('holdfast-inspector'));
  assert.equal(chunks.length, 1, `${chunks}`);
  // The page requests neither this chunk nor the replays that it loads.
  const page = await readFile(path.join(folder, 'index.html'), 'utf8');
  assert.match(page, /assets\/index-/);
  assert.doesNotMatch(page, /inspector/);
});

test('without its lab, the demo requests nothing of the inspector', async (t) => {
  const demo = await startDemo(t);
  const page = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  await write(page, 'hello');
  await untilShown(page, ['hello']);
  const urls = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name),
  );
  assert.ok(
    urls.some((url) => /\/assets\/index-/.test(url)),
    `${urls}`,
  );
  assert.deepEqual(
    urls.filter((url) => /inspector/.test(url)),
    [],
  );
});

async function openDemo(t, context) {
  const demo = await startLab(t);
  const page = await openAs(t, browser, demo, 'alice', { peer: 'bob', context });
  const sheet = page.getByTestId('open-faults');
  if (await sheet.isVisible()) await sheet.click();
  await page.getByRole('button', { name: 'Inspector', exact: true }).click();
  await inspector(page).getByRole('combobox', { name: 'Client' }).waitFor();
  return { demo, page };
}

/** Three messages that arrive, and three that wait for the link. */
async function cutWithMessages(demo, page) {
  for (const text of BEFORE) await write(page, text);
  await untilShown(page, BEFORE);
  await demo.order('cut');
  await untilBanner(page, 'reconnecting');
  for (const text of DURING) await write(page, text);
  // In a picture the cut has to be long enough to be seen.
  if (process.env.HOLDFAST_SHOTS) await page.waitForTimeout(2_000);
}

/** Each message that was sent during the cut names its event, and waits for the link. */
const untilAllWaitForTheLink = (page) =>
  until(
    async () => {
      const texts = await waiting(page).allInnerTexts();
      const isRight = (text) => text.includes('send_message') && IS_DOWN.test(text);
      return texts.length === DURING.length && texts.every(isRight);
    },
    'three messages that wait for the link',
    20_000,
  );

async function restore(demo, page) {
  await demo.order('restore');
  const retry = page.getByRole('button', { name: 'Try now' });
  if (await retry.isVisible()) await retry.click();
  await untilBanner(page, 'healthy');
  await untilShown(page, [...BEFORE, ...DURING]);
  if (process.env.HOLDFAST_SHOTS) await page.waitForTimeout(500);
}

const inspector = (page) => page.locator('holdfast-inspector');
const waiting = (page) =>
  inspector(page).getByRole('list', { name: 'Waiting messages' }).getByRole('listitem');
const settled = (page) =>
  inspector(page).getByRole('list', { name: 'Settled messages' }).getByRole('listitem');

/** Fails if the page logged an error other than those of the cut link. */
function assertQuiet(page) {
  const { errors, log } = page.problems;
  const logged = log.filter((line) => /^error: /.test(line) && !CUT_LINK.test(line));
  assert.deepEqual([...errors, ...logged], []);
}

async function check(page, view) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const results = await window.axe.run(document, { resultTypes: ['violations'], preload: false });
    return results.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
  });
  assert.deepEqual(violations, [], `${view}: ${JSON.stringify(violations, null, 2)}`);
}

async function shoot(page, name) {
  const folder = process.env.HOLDFAST_SHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** Plays a file with the program. */
async function replayNatively(file) {
  const child = spawn('cargo', ['xtask', 'replay', file], { cwd: root, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      output += piece;
    });
  }
  const code = await new Promise((done) => child.on('close', done));
  return { code, output };
}
