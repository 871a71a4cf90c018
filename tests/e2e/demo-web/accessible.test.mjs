// axe finds no problem in any view, in both themes, on a desktop and on a phone.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test from 'node:test';
import { launchBrowser, openPage } from '../../support/browser.mjs';
import {
  DESKTOP,
  openAs,
  PHONE,
  post,
  untilBanner,
  untilShown,
  write,
} from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';

const browser = await launchBrowser();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

for (const [size, device] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds no problem, ${size}, ${colorScheme}`, async (t) => {
      const demo = await startLab(t);
      const context = { ...device, colorScheme, reducedMotion: 'reduce' };
      await post(demo, 'bob', 'alice', ['hello', 'are you there?']);
      await post(demo, 'carol', 'alice', ['unread']);

      const stranger = await openPage(t, browser, demo.url, { context });
      await stranger.getByTestId('login-alice').waitFor();
      await check(stranger, 'login');

      const alice = await openAs(t, browser, demo, 'alice', { context });
      await alice.getByTestId('unread-carol').waitFor();
      await check(alice, 'list');
      await alice.getByTestId('bell').click();
      await alice.getByTestId('notification').first().waitFor();
      await check(alice, 'notifications');
      await alice.keyboard.press('Escape');
      await alice.getByTestId('profile').click();
      await alice.getByTestId('log-out').waitFor();
      await check(alice, 'profile');
      await alice.keyboard.press('Escape');

      await alice.getByTestId('person-bob').click();
      await untilShown(alice, ['hello', 'are you there?']);
      await write(alice, 'yes');
      await untilShown(alice, ['hello', 'are you there?', 'yes']);
      await check(alice, 'conversation');

      const isPhone = size === 'phone';
      const openSheet = () => isPhone && alice.getByTestId('open-faults').click();
      const closeSheet = () => isPhone && alice.keyboard.press('Escape');
      await openSheet();
      await alice.getByTestId('fault-refuse').selectOption('FORBIDDEN');
      await alice.locator('.choice[data-on="true"]').waitFor();
      await closeSheet();
      await write(alice, 'refused');
      await alice.getByTestId('toast').waitFor();
      await check(alice, 'a refusal');
      await openSheet();
      await alice.getByTestId('fault-cut').click();
      await untilBanner(alice, 'reconnecting');
      await closeSheet();
      await write(alice, 'waits');
      await check(alice, 'waiting');
      await openSheet();
      await check(alice, 'faults');
    });
  }
}

test('with reduced motion, nothing is animated', async (t) => {
  const demo = await startLab(t);
  for (const [reducedMotion, moving] of [
    ['no-preference', true],
    ['reduce', false],
  ]) {
    const context = { ...DESKTOP, reducedMotion };
    const alice = await openAs(t, browser, demo, 'alice', { context });
    await alice.getByTestId('fault-cut').click();
    await untilBanner(alice, 'reconnecting');
    const isMoving = await alice.evaluate(() => document.getAnimations().length > 0);
    assert.equal(isMoving, moving, reducedMotion);
    await alice.getByTestId('fault-restore').click();
    await untilBanner(alice, 'healthy');
  }
});

async function check(page, view) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const results = await window.axe.run(document, { resultTypes: ['violations'] });
    return results.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
  });
  assert.deepEqual(violations, [], `${view}: ${JSON.stringify(violations, null, 2)}`);
}
