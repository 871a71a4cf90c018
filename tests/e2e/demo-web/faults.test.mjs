// Each button of the fault panel has its effect, and the conversation is complete afterwards.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import {
  openAs,
  PHONE,
  post,
  rest,
  untilBanner,
  untilShown,
  write,
} from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const browser = await launchBrowser();

test('cut: messages wait, the time of the next attempt is shown, and they arrive in order', async (t) => {
  const { demo, alice, bob } = await setUp(t);
  await press(alice, 'cut');
  await untilBanner(alice, 'reconnecting');
  await alice.getByTestId('countdown').waitFor();
  await write(alice, 'one');
  await write(alice, 'two');
  assert.equal(await alice.getByTestId('message-input').inputValue(), '');
  await untilShown(alice, ['one', 'two'], ['queued']);
  assert.match(await stateText(alice, 'one'), /waiting for the connection/);
  await alice.getByTestId('figure-waiting').filter({ hasText: /^2$/ }).waitFor();
  await post(demo, 'bob', 'alice', ['meanwhile']);
  await press(alice, 'restore');
  await whole([alice, bob], ['meanwhile', 'one', 'two']);
  const tracks = await statesOf(alice);
  assert.deepEqual(tracks, ['queued sending sent', 'queued sending sent']);
  assert.ok(Number(await alice.getByTestId('timeline').getAttribute('data-losses')) >= 1);
});

test('each button ends only its own fault, and stays under the pointer', async (t) => {
  const { demo, alice, bob } = await setUp(t);
  await demo.order('delay', { ms: 10 });
  await alice.getByText('10 ms each way').waitFor();
  for (const fault of ['cut', 'hang']) {
    const button = (isOn) =>
      alice.locator(`[data-testid="fault-${fault}"][aria-pressed="${isOn}"]`);
    const before = await button(false).boundingBox();
    await press(alice, fault);
    await button(true).waitFor();
    await alice.getByTestId('burst').click();
    await alice.getByTestId('track').nth(4).waitFor();
    assert.deepEqual(await button(true).boundingBox(), before);
    await press(alice, fault);
    await button(false).waitFor();
    assert.equal((await demo.state()).delayMs, 10);
  }
  const burst = ['One', 'Two', 'Three', 'Four', 'Five'];
  await whole([alice, bob], [...burst, ...burst]);
});

test('hang: a half-open link is noticed, and nothing is lost or duplicated', async (t) => {
  const { alice, bob } = await setUp(t);
  await press(alice, 'hang');
  await write(alice, 'into the void');
  await untilShown(alice, ['into the void'], ['sending', 'queued']);
  await alice.locator('[data-testid="connection-banner"]:not([data-state="healthy"])').waitFor();
  await write(alice, 'another');
  await press(alice, 'restore');
  await whole([alice, bob], ['into the void', 'another']);
});

test('delay: the round trip takes twice as long as the delay', async (t) => {
  const { alice, bob } = await setUp(t);
  await alice.getByTestId('fault-delay').fill('300');
  await alice.getByText('300 ms each way').waitFor();
  await write(alice, 'slowly');
  await whole([alice, bob], ['slowly']);
  const took = await alice.getByTestId('track').locator('.track-end').textContent();
  const ms = took.endsWith(' ms') ? Number(took.match(/(\d+) ms/)[1]) : 1000;
  assert.ok(ms >= 600, took);
  assert.notEqual(await alice.getByTestId('figure-round-trip').textContent(), '–');
});

test('lost answers: a message is sent again, and saved once', async (t) => {
  const { demo, alice, bob } = await setUp(t);
  await press(alice, 'lose-acks');
  await alice.locator('[data-testid="fault-lose-acks"][aria-pressed="true"]').waitFor();
  await write(alice, 'did you get this?');
  await untilShown(bob, ['did you get this?']);
  await until(
    async () => /left 2 times/.test(await stateText(alice, 'did you get this?')),
    'it leaves a second time',
    20_000,
  );
  await press(alice, 'restore');
  await whole([alice, bob], ['did you get this?']);
  assert.equal((await rest(demo, 'bob', '/messages/alice')).length, 1);
});

test('refuse: the reason is shown, and the message can be sent again or removed', async (t) => {
  const { alice, bob } = await setUp(t);
  await alice.getByTestId('fault-refuse').selectOption('FORBIDDEN');
  await alice.locator('.choice[data-on="true"]').waitFor();
  await write(alice, 'not allowed');
  await write(alice, 'nor this');
  await untilShown(alice, ['not allowed', 'nor this'], ['failed']);
  await alice.getByTestId('toast').first().filter({ hasText: 'not allowed' }).waitFor();
  assert.match(await alice.getByTestId('reason').first().textContent(), /FORBIDDEN/);
  await press(alice, 'restore');
  await alice.locator('.choice[data-on="false"]').waitFor();
  const row = (text) => alice.getByTestId('message-row').filter({ hasText: text });
  await row('nor this').getByText('Remove').click();
  await row('not allowed').getByText('Try again').click();
  await whole([alice, bob], ['not allowed']);
  // The focus moves on when its button is removed.
  assert.equal(await alice.evaluate(() => document.activeElement.dataset.testid), 'message-input');
});

for (const [name, viewport] of Object.entries({
  'on a desktop': { width: 1280, height: 800 },
  'on a phone': PHONE.viewport,
  'on a phone that lies': { width: 844, height: 390 },
})) {
  test(`the state of the newest message stays on the screen, ${name}`, async (t) => {
    const demo = await startLab(t);
    await post(demo, 'bob', 'alice', ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven']);
    const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob', context: { viewport } });
    await demo.order('refuse', { code: 'FORBIDDEN' });
    for (const text of ['a', 'b', 'c']) await write(alice, text);
    await alice.getByTestId('toast').nth(2).waitFor({ state: 'attached' });
    const again = alice.getByTestId('message-row').last().getByText('Try again');
    // Inside of the list's visible area, and not covered by anything.
    const isInReach = () =>
      again.evaluate((button) => {
        const { left, top, width, height } = button.getBoundingClientRect();
        const point = [left + width / 2, top + height / 2];
        return document.elementFromPoint(...point) === button;
      });
    await until(isInReach, 'the newest message can be sent again');
    assert.ok(await alice.getByTestId('toast').last().isVisible());
  });
}

test('kill: the server is back at once, and the messages sent meanwhile arrive', async (t) => {
  const { alice, bob } = await setUp(t);
  await alice.getByTestId('burst').click();
  await press(alice, 'restart');
  await write(alice, 'during the restart');
  await whole([alice, bob], ['One', 'Two', 'Three', 'Four', 'Five', 'during the restart']);
});

test('stop: the server stays down until it is started', async (t) => {
  const { alice, bob } = await setUp(t);
  await press(alice, 'stop');
  await alice.locator('[data-testid="fault-stop"][aria-pressed="true"]').waitFor();
  await untilBanner(alice, 'reconnecting');
  await write(alice, 'to nobody yet');
  await untilShown(alice, ['to nobody yet'], ['queued']);
  await alice.getByText('Start the server').click();
  await whole([alice, bob], ['to nobody yet']);
});

test('offline: the page says so, and messages wait until the network is back', async (t) => {
  const { alice, bob } = await setUp(t);
  // In its offline mode the browser keeps open connections, while a lost network does not.
  await press(alice, 'cut');
  await untilBanner(alice, 'reconnecting');
  await alice.context().setOffline(true);
  await untilBanner(alice, 'offline');
  await write(alice, 'from under the sea');
  await untilShown(alice, ['from under the sea'], ['queued']);
  await alice.context().setOffline(false);
  await press(alice, 'restore');
  await whole([alice, bob], ['from under the sea']);
});

test('messages that arrived while the link was cut are shown afterwards, in all conversations', async (t) => {
  const { demo, alice } = await setUp(t);
  await alice.getByTestId('person-carol').click();
  await alice.getByTestId('person-bob').click();
  await press(alice, 'cut');
  await untilBanner(alice, 'reconnecting');
  await post(demo, 'bob', 'alice', ['to the open one']);
  await post(demo, 'carol', 'alice', ['to the other']);
  await press(alice, 'restore');
  await untilShown(alice, ['to the open one']);
  await alice.getByTestId('unread-carol').waitFor();
  await alice.locator('[data-testid="bell"][data-unread="1"]').waitFor();
});

test('more than a page of missed messages leaves no gap', async (t) => {
  const { demo, alice } = await setUp(t);
  await post(demo, 'bob', 'alice', ['before']);
  await untilShown(alice, ['before']);
  await press(alice, 'cut');
  await untilBanner(alice, 'reconnecting');
  const missed = Array.from({ length: 70 }, (_, n) => `missed ${n + 1}`);
  await post(demo, 'bob', 'alice', missed);
  await press(alice, 'restore');
  await untilShown(alice, ['before', ...missed]);
});

test('on a phone the panel is a sheet behind a button', async (t) => {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob', context: PHONE });
  const panel = alice.locator('#faults');
  assert.equal(await panel.isVisible(), false);
  await alice.getByTestId('open-faults').click();
  await panel.waitFor();
  await press(alice, 'cut');
  await alice.getByTestId('burst').click();
  await panel.getByLabel('Close').click();
  await panel.waitFor({ state: 'hidden' });
  await untilShown(alice, ['One', 'Two', 'Three', 'Four', 'Five'], ['queued']);
  await alice.getByTestId('open-faults').click();
  await press(alice, 'restore');
  await alice.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  await untilShown(alice, ['One', 'Two', 'Three', 'Four', 'Five']);
});

test('without a lab there is no fault panel', async (t) => {
  const demo = await startDemo(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  assert.equal(await alice.locator('#faults, [data-testid="open-faults"]').count(), 0);
  await write(alice, 'all the same');
  await untilShown(alice, ['all the same'], ['sent']);
});

async function setUp(t) {
  const demo = await startLab(t);
  const alice = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const bob = await openAs(t, browser, demo, 'bob', { peer: 'alice' });
  await alice.locator('[data-testid="fault-cut"]').waitFor();
  return { demo, alice, bob };
}

const press = (page, fault) => page.getByTestId(`fault-${fault}`).click();

/** Both pages show the same, each message once, and as the server has it. */
async function whole(pages, texts) {
  for (const page of pages) await untilBanner(page, 'healthy');
  for (const page of pages) await untilShown(page, texts);
}

function statesOf(page) {
  return page.getByTestId('track').evaluateAll((all) => all.map(({ dataset }) => dataset.states));
}

async function stateText(page, text) {
  const row = page.getByTestId('message-row').filter({ hasText: text });
  return row.getByTestId('message-state').textContent();
}
