// Logging in and out, tokens, and reloads.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser, openPage } from '../../support/browser.mjs';
import {
  DESKTOP,
  openAs,
  post,
  rest,
  untilBanner,
  untilShown,
  write,
} from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { until } from '../../support/until.mjs';

const browser = await launchBrowser();

test('after a reload the same user is in the same conversation, and its messages are loaded', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice');
  await alice.getByTestId('person-bob').click();
  await write(alice, 'one');
  await untilShown(alice, ['one']);
  await post(demo, 'bob', 'alice', ['two']);
  await untilShown(alice, ['one', 'two']);
  await alice.reload();
  await untilBanner(alice, 'healthy');
  await untilShown(alice, ['one', 'two']);
  await write(alice, 'three');
  await untilShown(alice, ['one', 'two', 'three']);
});

test('after a logout and a login as another user, nothing of the first user is shown or sent', async (t) => {
  const demo = await startLab(t);
  const page = await openPage(t, browser, demo.url, { context: DESKTOP });
  await page.getByTestId('login-alice').click();
  await untilBanner(page, 'healthy');
  await page.getByTestId('person-bob').click();
  await write(page, 'from alice');
  await untilShown(page, ['from alice'], ['sent']);
  await page.getByTestId('fault-cut').click();
  await untilBanner(page, 'reconnecting');
  await write(page, 'never sent');
  await untilShown(page, ['from alice', 'never sent'], ['sent', 'queued']);

  await page.getByTestId('profile').click();
  await page.getByTestId('log-out').click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  // Only the journal's name is left in sessionStorage.
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), ['holdfast']);
  await page.getByTestId('login-carol').click();
  await page.getByTestId('fault-restore').click();
  await untilBanner(page, 'healthy');
  assert.equal(await page.getByTestId('me').getAttribute('data-me'), 'carol');
  await page.getByTestId('person-bob').click();
  await write(page, 'from carol');
  await untilShown(page, ['from carol'], ['sent']);
  const contents = async (from) =>
    (await rest(demo, 'bob', `/messages/${from}`)).map(({ content }) => content);
  assert.deepEqual(await contents('alice'), ['from alice']);
  assert.deepEqual(await contents('carol'), ['from carol']);
});

test('after the login, the focus is where the user can choose or write', async (t) => {
  const demo = await startLab(t);
  const focused = (page) => page.evaluate(() => document.activeElement.dataset.testid);
  for (const [hash, testId] of [
    ['', 'person-bob'],
    ['#bob', 'message-input'],
  ]) {
    const page = await openPage(t, browser, demo.url + hash, { context: DESKTOP });
    await page.getByTestId('login-alice').press('Enter');
    await untilBanner(page, 'healthy');
    assert.equal(await focused(page), testId);
  }
});

test('a token is renewed before it expires, and nothing is interrupted', async (t) => {
  const demo = await startLab(t, { env: { TOKEN_TTL_S: '4' } });
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const refused = [];
  alice.on('response', (response) => response.status() === 401 && refused.push(response.url()));
  const token = () =>
    alice.evaluate(() => JSON.parse(sessionStorage.getItem('holdfast-demo-session')).token);
  const first = await token();
  const other = (than) =>
    until(async () => {
      const now = await token();
      return now !== than && now;
    }, 'the token is renewed');
  await other(await other(first));
  // The first token has expired by now, and everything still works.
  await write(alice, 'still me');
  await untilShown(alice, ['still me'], ['sent']);
  await alice.getByTestId('fault-restart').click();
  await write(alice, 'and after a new link');
  await untilShown(alice, ['still me', 'and after a new link']);
  assert.deepEqual(refused, []);
});

test('a session that cannot be renewed ends with the reason', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice');
  await alice.evaluate(() => {
    const session = JSON.parse(sessionStorage.getItem('holdfast-demo-session'));
    const spoiled = { ...session, token: 'no token', renewAt: 0 };
    sessionStorage.setItem('holdfast-demo-session', JSON.stringify(spoiled));
  });
  // Without the name in the URL, so that the page does not log in again.
  await alice.goto(demo.url);
  await alice.getByText('Your session has ended.').waitFor();
  await alice.getByTestId('login-bob').click();
  await untilBanner(alice, 'healthy');
  assert.equal(await alice.getByTestId('me').getAttribute('data-me'), 'bob');
});

test('two tabs of one browser can have two users', async (t) => {
  const demo = await startLab(t);
  // The URL names no user: each tab stores its own.
  const alice = await openPage(t, browser, `${demo.url}/#bob`, { context: DESKTOP });
  await alice.getByTestId('login-alice').click();
  await untilBanner(alice, 'healthy');
  const popup = alice.context().waitForEvent('page');
  await alice.evaluate(() => window.open('/?user=bob#alice'));
  const bob = await popup;
  await untilBanner(bob, 'healthy');
  await write(bob, 'from the other tab');
  await untilShown(alice, ['from the other tab'], ['received']);
  await alice.reload();
  await untilShown(alice, ['from the other tab'], ['received']);
});
