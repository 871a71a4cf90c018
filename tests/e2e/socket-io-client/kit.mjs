// A page with plain socket.io-client and with the package. Each of the two has its own server behind its own proxy, so that
// both can be exposed to the same fault.

import { atEnd } from '../../support/at-end.mjs';
import { startChatServer } from '../../support/chat-server.mjs';
import { configure, openLab, QUICK, untilReady } from '../../support/lab.mjs';
import { createProxy } from '../../support/proxy.mjs';
import { until } from '../../support/until.mjs';

/** Milliseconds that no test waits for. */
export const LONG_MS = 2_000_000_000;

/**
 * @typedef {object} World
 * @property {import('../../support/chat-server.mjs').ChatServer} server
 * @property {Awaited<ReturnType<typeof createProxy>>} proxy
 */

/**
 * Opens the page with two equal worlds.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {{ allow?: RegExp[], io?: object, hooks?: () => object }} [options] `io`: of each server; `hooks`
 *   is called for each of them
 * @returns {Promise<{ page: import('playwright-core').Page, plain: World, ours: World }>}
 */
export async function twoWorlds(t, browser, { allow, io, hooks = () => ({}) } = {}) {
  const world = async () => {
    let proxy;
    // Before the server is closed: its close would wait for the answer of a link that hangs.
    atEnd(t, () => proxy?.close());
    const server = await startChatServer(t, { io, hooks: hooks() });
    proxy = await createProxy({ target: { port: server.port } });
    return { server, proxy };
  };
  const [plain, ours] = await Promise.all([world(), world()]);
  const page = await openLab(t, browser, ours.server.url, { allow });
  return { page, plain, ours };
}

/** socket.io-client's options for short delays, as `QUICK` has them for the package. */
const PLAIN_QUICK = { reconnectionDelay: 50, reconnectionDelayMax: 500 };

/**
 * Creates `window.plain`, a Socket of plain socket.io-client, and `window.told`, which records the calls of the callbacks
 * of its messages.
 *
 * @param {import('playwright-core').Page} page
 * @param {World} world
 * @param {object} [options] of `io()`, as JSON
 */
export async function openPlain(page, { proxy }, options = {}) {
  await page.evaluate(
    ([url, options]) => {
      window.plain = window.io(url, options);
      window.told = [];
      window.plainSend = (content, data) => {
        const message = { recipientId: 'bob', content, _tempId: content, ...data };
        window.plain.emit('send_message', message, (...args) => {
          const texts = args.map((arg) => (arg instanceof Error ? arg.message : arg));
          window.told.push([content, ...texts]);
        });
      };
    },
    [proxy.url, { forceNew: true, ...PLAIN_QUICK, ...options }],
  );
}

/** Creates the plain client, and resolves when it is connected. */
export async function connectPlain(page, world, options) {
  await openPlain(page, world, options);
  await untilPlain(page, true);
}

/** Resolves when the plain client's `connected` has the given value. */
export function untilPlain(page, isConnected) {
  return until(
    () => page.evaluate((wanted) => window.plain.connected === wanted, isConnected),
    `the plain client's connected is ${isConnected}`,
  );
}

/** Configures the package, and resolves when its link is ready. */
export async function connectOurs(page, { proxy }, options = {}) {
  await configure(page, { url: proxy.url, ...QUICK, ...options }, 'alice');
  await untilReady(page);
}

/** Sends with the plain client. */
export const plainSend = (page, ...all) =>
  page.evaluate((list) => {
    for (const content of list) window.plainSend(content);
  }, all);

/** Sends with the package. */
export const oursSend = (page, ...all) =>
  page.evaluate((list) => {
    for (const content of list) window.recorder.send({ recipientId: 'bob', content });
  }, all);

/** The calls of the callbacks of the plain client's messages so far, each after the message's content. */
export const told = (page) => page.evaluate(() => window.told);

/** The contents of the messages that reached the server's handler, including repeats. */
export const handled = ({ server }) => server.received.map(({ data }) => data.content);

/**
 * Lets time pass without firing timers, as a page sees it after a sleep. While a laptop sleeps, only the wall clock
 * advances. In a throttled tab, both clocks do.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} ms
 * @param {'asleep' | 'throttled'} [how]
 */
export const pass = (page, ms, how = 'asleep') =>
  page.evaluate(
    ([span, isThrottled]) => {
      for (const clock of isThrottled ? [Date, performance] : [Date]) {
        const now = clock.now.bind(clock);
        clock.now = () => now() + span;
      }
    },
    [ms, how === 'throttled'],
  );

/**
 * Stops the page's clock: from now on timers fire only in `page.clock.runFor`. For the timers of an existing client,
 * `page.clock.install()` must have been called before the client was created.
 *
 * @param {import('playwright-core').Page} page
 */
export const stopClock = (page) => page.clock.pauseAt(Date.now() + 5000);
