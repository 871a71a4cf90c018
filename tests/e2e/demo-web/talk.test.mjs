// Two users write to each other.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import { openAs, PHONE, post, rest, shown, untilShown, write } from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { until } from '../../support/until.mjs';

const browser = await launchBrowser();

test('a message is shown to the recipient, and the sender sees that it was read', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const bob = await openAs(t, browser, demo, 'bob');
  await write(alice, 'hello');
  assert.equal(await alice.getByTestId('message-input').inputValue(), '');
  await untilShown(alice, ['hello'], ['sent']);
  await bob.getByTestId('unread-alice').waitFor();
  assert.match(await bob.title(), /^\(1\)/);
  await bob.getByTestId('person-alice').click();
  await untilShown(bob, ['hello'], ['received']);
  await untilShown(alice, ['hello'], ['read']);
  await bob.getByTestId('unread-alice').waitFor({ state: 'detached' });
  await write(bob, 'hello yourself');
  await untilShown(alice, ['hello', 'hello yourself']);
  await alice.getByTestId('day').waitFor();
  assert.equal(await alice.getByTestId('day').count(), 1);
});

test('the typing indicator is shown, and ends with the message', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const bob = await openAs(t, browser, demo, 'bob', { peer: 'alice' });
  await bob.getByTestId('message-input').pressSequentially('hm');
  await alice.getByTestId('typing').waitFor();
  assert.equal(await alice.getByTestId('peer-status').textContent(), 'is writing…');
  await bob.getByTestId('message-input').press('Enter');
  await alice.getByTestId('typing').waitFor({ state: 'detached' });
  await untilShown(alice, ['hm']);
});

test('an unfinished text is restored when its conversation is opened again', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const input = (name) => alice.getByLabel(`Message to ${name}`);
  await input('Bob').fill('half');
  await alice.getByTestId('person-carol').click();
  assert.equal(await input('Carol').inputValue(), '');
  await input('Carol').fill('for Carol');
  await alice.getByTestId('person-bob').click();
  assert.equal(await input('Bob').inputValue(), 'half');
  await input('Bob').press('Enter');
  await untilShown(alice, ['half']);
  await alice.getByTestId('person-carol').click();
  assert.equal(await input('Carol').inputValue(), 'for Carol');
  await alice.getByTestId('person-bob').click();
  assert.equal(await input('Bob').inputValue(), '');
});

test('any content is shown as text', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const nasty = '<img src=x onerror="document.title=1"><b>& &amp; </script>';
  await write(alice, nasty);
  await untilShown(alice, [nasty], ['sent']);
  const bob = await openAs(t, browser, demo, 'bob', { peer: 'alice' });
  await untilShown(bob, [nasty]);
  assert.equal(await bob.locator('main img, main b').count(), 0);
});

test('a long conversation is loaded in pages, by button and by scrolling, and keeps its position', async (t) => {
  const demo = await startLab(t);
  const texts = Array.from({ length: 120 }, (_, n) => `message ${n + 1}`);
  await post(demo, 'bob', 'alice', texts);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  await untilShown(alice, texts.slice(70));
  const list = alice.getByLabel('Messages', { exact: true });
  const isAtEnd = () => list.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight < 2);
  await until(isAtEnd, 'the newest message is on the screen');

  // With the button, which the keyboard reaches without scrolling.
  const offset = () =>
    list.evaluate((e) => {
      const row = [...e.querySelectorAll('[data-testid="message-row"]')].find(({ textContent }) =>
        textContent.includes('message 71'),
      );
      return Math.round(row.getBoundingClientRect().top - e.getBoundingClientRect().top);
    });
  await list.evaluate((e) => e.scrollTo(0, 85));
  const before = await offset();
  await alice.getByText('Show earlier messages').evaluate((button) => button.click());
  await untilShown(alice, texts.slice(20));
  assert.ok(Math.abs((await offset()) - before) <= 2, `${await offset()}, before ${before}`);

  await list.evaluate((e) => e.scrollTo(0, 0));
  await untilShown(alice, texts);
  assert.equal(await alice.getByText('Show earlier messages').count(), 0);
  await alice.getByText('Newest').click();
  await until(isAtEnd, 'the newest message is on the screen again');
  await write(alice, 'and one more');
  await untilShown(alice, [...texts, 'and one more']);
  await until(isAtEnd, 'what one writes is on the screen');
});

test('on a phone, the list and the conversation are separate screens', async (t) => {
  const demo = await startLab(t);
  await post(demo, 'bob', 'alice', ['hello']);
  const alice = await openAs(t, browser, demo, 'alice', { context: PHONE });
  const list = alice.getByLabel('Conversations');
  const main = alice.getByLabel('Conversation with Bob');
  assert.equal(await list.isVisible(), true);
  await alice.getByTestId('person-bob').click();
  await main.waitFor();
  assert.equal(await list.isVisible(), false);
  await untilShown(alice, ['hello']);
  const focused = () => alice.evaluate(() => document.activeElement.textContent);
  assert.equal(await focused(), 'Bob');
  await alice.getByLabel('Back').click();
  await list.waitFor();
  assert.equal(await main.count(), 0);
  assert.match(await focused(), /^B?Bob/);
  await alice.goBack();
  await main.waitFor();
  const width = await alice.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(width, PHONE.viewport.width);
});

test('everything needed to write can be done with the keyboard', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice');
  const tabTo = async (testId) => {
    for (let n = 0; n < 30; n += 1) {
      await alice.keyboard.press('Tab');
      const now = await alice.evaluate(() => document.activeElement.dataset.testid);
      if (now === testId) return;
    }
    assert.fail(`Tab does not lead to ${testId}`);
  };
  await tabTo('person-bob');
  await alice.keyboard.press('Enter');
  await alice.locator('[data-testid="message-input"]:focus').waitFor();
  await alice.keyboard.type('first');
  await alice.keyboard.press('Shift+Enter');
  await alice.keyboard.type('second line');
  await alice.keyboard.press('Enter');
  await untilShown(alice, ['first\nsecond line'], ['sent']);
  assert.deepEqual((await shown(alice)).length, 1);
  const [message] = await rest(demo, 'bob', '/messages/alice');
  assert.equal(message.content, 'first\nsecond line');
});
