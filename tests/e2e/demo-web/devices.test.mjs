// Several devices of one user, notifications, and presence.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { openAs, post, rest, untilShown, write } from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { until } from '../../support/until.mjs';

const browser = await launchBrowser();

test('two devices of one user show the same conversation and the same counts', async (t) => {
  const demo = await startLab(t);
  const laptop = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const phone = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  await write(laptop, 'from the laptop');
  await untilShown(phone, ['from the laptop']);
  await write(phone, 'from the phone');
  await untilShown(laptop, ['from the laptop', 'from the phone']);

  await post(demo, 'carol', 'alice', ['one', 'two']);
  const badges = [laptop, phone].map((page) => page.getByTestId('unread-carol'));
  for (const badge of badges) await badge.filter({ hasText: '2' }).waitFor();
  await laptop.getByTestId('person-carol').click();
  for (const badge of badges) await badge.waitFor({ state: 'detached' });
  await untilShown(laptop, ['one', 'two']);
});

test('notifications are listed, marked and deleted on all devices', async (t) => {
  const demo = await startLab(t);
  await post(demo, 'bob', 'alice', ['before']);
  const pages = [await openAs(t, browser, demo, 'alice'), await openAs(t, browser, demo, 'alice')];
  const [one, other] = pages;
  await post(demo, 'carol', 'alice', ['first', 'second', 'third']);
  await untilBell(pages, 4);
  for (const page of pages) await page.getByTestId('bell').click();
  assert.deepEqual(await texts(one), ['third', 'second', 'first', 'before']);
  assert.deepEqual(await texts(other), ['third', 'second', 'first', 'before']);

  await one.getByLabel('Mark as read: third').click();
  await untilBell(pages, 3);
  await one.getByLabel('Delete: second').click();
  await untilBell(pages, 2);
  assert.deepEqual(await texts(other), ['third', 'first', 'before']);
  // The focus moves on when its row is removed.
  assert.equal(await one.evaluate(() => document.activeElement.id), 'notifications-title');
  await one.getByText('Mark all as read').click();
  await untilBell(pages, 0);
  assert.deepEqual(
    (await rest(demo, 'alice', '/notifications')).map(({ text, read }) => [text, read]),
    [
      ['third', true],
      ['first', true],
      ['before', true],
    ],
  );

  await one.locator('.notification-open').filter({ hasText: 'third' }).click();
  await untilShown(one, ['first', 'second', 'third']);
  assert.equal(await one.getByTestId('notification').first().isVisible(), false);
});

test('the bell does not announce messages of the open conversation', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  await post(demo, 'bob', 'alice', ['on the screen']);
  await untilShown(alice, ['on the screen']);
  const isRead = async () => (await rest(demo, 'alice', '/notifications'))[0]?.read;
  await until(isRead, 'the notification is read on the server');
  await untilBell([alice], 0);
});

test('a user with two tabs is online until the second one is closed', async (t) => {
  const demo = await startLab(t);
  const bob = await openAs(t, browser, demo, 'bob', { peer: 'alice' });
  const seen = (state) =>
    bob.locator(`[data-testid="person-alice"][data-online="${state}"]`).waitFor();
  await seen(false);
  const first = await openAs(t, browser, demo, 'alice');
  const second = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  await seen(true);
  await first.close();
  // A message from the second tab arrives after the end of the first one, and Alice is still online.
  await write(second, 'still here');
  await untilShown(bob, ['still here']);
  assert.equal(await bob.getByTestId('person-alice').getAttribute('data-online'), 'true');
  assert.equal(await bob.getByTestId('peer-status').textContent(), 'online');
  await second.close();
  await seen(false);
});

function untilBell(pages, unread) {
  return Promise.all(
    pages.map((page) => page.locator(`[data-testid="bell"][data-unread="${unread}"]`).waitFor()),
  );
}

function texts(page) {
  return page.getByTestId('notification').locator('.clip').allTextContents();
}
