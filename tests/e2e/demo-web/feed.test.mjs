// A device that was away receives from the feed everything that its user's other devices know. The page requests nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { countsOf, unreadReducer } from '../../../js-demo/web/src/utils/unread.js';
import { atEnd } from '../../support/at-end.mjs';
import { launchBrowser } from '../../support/browser.mjs';
import { openAs, post, shown, untilBanner, untilShown, write } from '../../support/demo-page.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { startMongo, withoutMongo } from '../../support/mongo.mjs';
import { createProxy } from '../../support/proxy.mjs';
import { startRedis, withoutRedis } from '../../support/redis.mjs';
import { until } from '../../support/until.mjs';

const browser = await launchBrowser();
const PEOPLE = ['bob', 'carol', 'dave', 'erin'];
/** Where pictures of the returned device are stored, if the environment names a folder. */
const PICTURES = process.env.HOLDFAST_PICTURES;

const PLACES = [
  { name: 'a SQLite file', skip: false, env: async () => ({}) },
  {
    name: 'MongoDB',
    skip: withoutMongo,
    env: async (t) => ({ MONGODB_URL: (await startMongo(t)).url }),
  },
  {
    name: 'Redis',
    skip: withoutRedis,
    env: async (t) => ({ REDIS_URL: (await startRedis(t)).url }),
  },
];

for (const { name, skip, env } of PLACES) {
  test(`two devices show the same after one was away, with the feeds in ${name}`, {
    skip,
  }, async (t) => {
    const { demo, laptop, phone, bob, link } = await setUp(t, await env(t));
    await link.lose();
    const asked = requestsOf(laptop, demo);
    await live(demo, phone, bob);
    await link.restore();
    await inStep([laptop, phone]);
    await untilTold(demo, [laptop, phone]);
    assert.deepEqual(asked, []);
    await picture(laptop, `laptop-${name}`);
    await picture(phone, `phone-${name}`);
  });
}

test('two devices show the same after the server was killed meanwhile', async (t) => {
  const { demo, laptop, phone, bob, link } = await setUp(t);
  await link.lose();
  const asked = requestsOf(laptop, demo);
  await live(demo, phone, bob);
  const askedToo = requestsOf(phone, demo);
  await demo.order('restart');
  for (const page of [phone, bob]) await untilBanner(page, 'healthy');
  await write(bob, 'after the restart');
  await link.restore();
  await inStep([laptop, phone], ['after the restart']);
  await untilTold(demo, [laptop, phone]);
  assert.deepEqual(asked, []);
  // A device that shows a message marks it as read.
  assert.deepEqual(new Set(askedToo.map((request) => request.split(' ')[0])), new Set(['PUT']));
});

test('items that the feed no longer keeps are loaded over REST, and nothing else is', async (t) => {
  const { demo, laptop, phone, bob, link } = await setUp(t, { FEED_MAX: '5' });
  await link.lose();
  const asked = requestsOf(laptop, demo);
  await live(demo, phone, bob);
  const many = Array.from({ length: 70 }, (_, n) => `missed ${n + 1}`);
  await post(demo, 'bob', 'alice', many);
  await link.restore();
  await inStep([laptop, phone], many);
  for (const path of ['/missed', '/messages/unread', '/messages/bob', '/notifications']) {
    assert.ok(
      asked.some((request) => request.startsWith(`GET ${path}`)),
      `${path} is asked for: ${asked.join(', ')}`,
    );
  }

  const count = asked.length;
  await link.lose();
  await post(demo, 'carol', 'alice', ['a little']);
  await link.restore();
  await badge(laptop, 'carol', 4);
  await inStep([laptop, phone], many);
  assert.deepEqual(asked.slice(count), []);
});

test('a page counts no message twice if the feed repeats what it has loaded', async (t) => {
  const { demo, laptop, phone, bob } = await setUp(t);
  // The position before all that. A page that crashed may come back with an old one.
  const early = await until(() => laptop.evaluate(positions), 'a position is kept');
  await live(demo, phone, bob);
  await badge(laptop, 'carol', 3);
  await laptop.addInitScript((kept) => {
    for (const [key, value] of kept) localStorage.setItem(key, value);
  }, early);
  await laptop.reload();
  await inStep([laptop, phone]);
  await untilTold(demo, [laptop, phone]);
  await inStep([laptop, phone]);
});

test('unread messages are counted once, whatever the order of loading, arriving and reading', () => {
  const message = (seq, read = false) => ({ seq, sender: { _id: 'bob' }, read });
  const loaded = { type: 'loaded', loaded: { bob: { count: 2, upTo: 12 } } };
  const received = (...of) => ({ type: 'received', message: message(...of) });
  const read = (upTo) => ({ type: 'read', peerId: 'bob', upTo });
  for (const [actions, count] of [
    [[loaded], 2],
    [[loaded, received(11), received(12)], 2],
    [[loaded, received(13), received(13), received(14)], 4],
    [[loaded, received(13, true)], 2],
    [[received(12), loaded], 2],
    // A read mark from before the load, and marks that leave later messages unread.
    [[loaded, read(10)], 2],
    [[loaded, received(13), read(12)], 1],
    [[loaded, received(13), received(14), read(13)], 1],
    [[received(15), read(15), received(15), received(16)], 1],
  ]) {
    const unread = actions.reduce(unreadReducer, {});
    assert.equal(countsOf(unread).bob, count, JSON.stringify(actions));
  }
});

/** Runs in the page: the position of the feed that it stores. */
function positions() {
  const kept = Object.entries(localStorage).filter(([key]) => key.endsWith(' f'));
  return kept.length > 0 && kept;
}

/** Activity on Alice's other device while the first one is away: it writes, receives, reads and clears notifications. */
async function live(demo, phone, bob) {
  await write(phone, 'from the phone');
  await untilShown(bob, ['before', 'from the phone']);
  await write(bob, 'from bob');
  await untilShown(phone, ['before', 'from the phone', 'from bob']);
  await post(demo, 'carol', 'alice', ['one', 'two', 'three']);
  await post(demo, 'dave', 'alice', ['to be read']);
  await badge(phone, 'carol', 3);
  await phone.getByTestId('person-dave').click();
  await badge(phone, 'dave', 0);
  await phone.getByTestId('person-bob').click();
  await phone.getByTestId('bell').click();
  await phone.getByLabel('Delete: two').click();
  await phone.getByLabel('Mark as read: one').click();
  await phone.keyboard.press('Escape');
  await bell(phone, 1);
}

/** Asserts that both pages show the result of `live`, and the messages after it. */
async function inStep(pages, more = []) {
  const texts = ['before', 'from the phone', 'from bob', ...more];
  for (const page of pages) {
    await untilBanner(page, 'healthy');
    await untilShown(page, texts);
  }
  const [seen, expected] = [{}, {}];
  const areAlike = async () => {
    [seen.is, expected.is] = await Promise.all(pages.map(everythingOn));
    return JSON.stringify(seen.is) === JSON.stringify(expected.is);
  };
  await until(areAlike, () => `alike: ${JSON.stringify([seen.is, expected.is])}`, 20_000);
  const own = seen.is.messages.find(({ text }) => text === 'from the phone');
  assert.equal(own.state, 'read');
  assert.equal(seen.is.badges.dave, null);
  const about = seen.is.notifications.map(([text]) => text);
  assert.equal(about.includes('two'), false);
  assert.equal(new Set(about).size, about.length);
}

/** Everything in a page that the user's other devices have to show as well. */
async function everythingOn(page) {
  const badges = {};
  for (const person of PEOPLE) {
    const one = page.getByTestId(`unread-${person}`);
    badges[person] = (await one.count()) > 0 ? await one.textContent() : null;
  }
  const notifications = await page
    .getByTestId('notification')
    .evaluateAll((all) =>
      all.map((one) => [one.querySelector('.clip').textContent, one.dataset.read]),
    );
  const unread = await page.getByTestId('bell').getAttribute('data-unread');
  return { messages: await shown(page), badges, notifications, unread, title: await page.title() };
}

/** Sends a message after everything else: a page that shows it has received everything before. */
async function untilTold(demo, pages) {
  await post(demo, 'erin', 'alice', ['the last one']);
  for (const page of pages) await badge(page, 'erin', 1);
}

function badge(page, person, count) {
  const one = page.getByTestId(`unread-${person}`);
  if (count === 0) return one.waitFor({ state: 'detached' });
  return one.filter({ hasText: String(count) }).waitFor();
}

function bell(page, unread) {
  return page.locator(`[data-testid="bell"][data-unread="${unread}"]`).waitFor();
}

/** Collects the requests that a page sends to the REST interface from now on. */
function requestsOf(page, demo) {
  const asked = [];
  page.on('request', (request) => {
    const { origin, pathname, search } = new URL(request.url());
    if (origin === demo.url) asked.push(`${request.method()} ${pathname}${search}`);
  });
  return asked;
}

/** Alice with two devices, of which the laptop has a link that can be cut separately, and Bob. */
async function setUp(t, env = {}) {
  const demo = await startLab(t, { env });
  await post(demo, 'bob', 'alice', ['before']);
  const proxy = await createProxy({ target: { port: Number(new URL(demo.url).port) } });
  atEnd(t, () => proxy.close());
  const laptop = await openAs(t, through(proxy), demo, 'alice', { peer: 'bob' });
  const phone = await openAs(t, browser, demo, 'alice', { peer: 'bob' });
  const bob = await openAs(t, browser, demo, 'bob', { peer: 'alice' });
  for (const page of [laptop, phone, bob]) await untilShown(page, ['before']);
  for (const page of [laptop, phone]) await bell(page, 0);
  const link = {
    async lose() {
      proxy.refuse();
      proxy.cut();
      await untilBanner(laptop, 'reconnecting');
    },
    restore: async () => proxy.refuse(false),
  };
  return { demo, laptop, phone, bob, link };
}

/** A browser whose pages are configured to reach the sockets through the proxy. */
function through(proxy) {
  return {
    async newContext(options) {
      // The server's content security policy does not allow the proxy.
      const context = await browser.newContext({ ...options, bypassCSP: true });
      await context.route('**/config.json', async (route) => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          json: { ...(await response.json()), socketUrl: proxy.url },
        });
      });
      return context;
    },
  };
}

async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name.replaceAll(' ', '-')}.png` });
}
