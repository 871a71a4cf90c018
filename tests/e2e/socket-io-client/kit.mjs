// What these tests share: one page with socket.io-client alone and with the package, and for each of the two
// a server of its own behind a proxy of its own, so that both can be put through the same fault.

import { atEnd } from '../../support/at-end.mjs';
import { startChatServer } from '../../support/chat-server.mjs';
import { configure, openLab, QUICK, untilReady } from '../../support/lab.mjs';
import { createProxy } from '../../support/proxy.mjs';
import { until } from '../../support/until.mjs';

/** A span that no test waits for, in milliseconds. */
export const LONG_MS = 2_000_000_000;

/**
 * @typedef {object} World
 * @property {import('../../support/chat-server.mjs').ChatServer} server
 * @property {Awaited<ReturnType<typeof createProxy>>} proxy
 */

/**
 * The page, and two worlds that are the same.
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
    // Before the server is closed, which would wait for the answer of a link that hangs.
    atEnd(t, () => proxy?.close());
    const server = await startChatServer(t, { io, hooks: hooks() });
    proxy = await createProxy({ target: { port: server.port } });
    return { server, proxy };
  };
  const [plain, ours] = await Promise.all([world(), world()]);
  const page = await openLab(t, browser, ours.server.url, { allow });
  return { page, plain, ours };
}

/** Reconnecting of socket.io-client's own in small numbers, as `QUICK` has it for the package. */
const PLAIN_QUICK = { reconnectionDelay: 50, reconnectionDelayMax: 500 };

/**
 * Makes `window.plain`, a Socket of socket.io-client without anything around it, and `window.told`: what the
 * callbacks of its messages were called with.
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

/** The same, and resolves when it is connected. */
export async function connectPlain(page, world, options) {
  await openPlain(page, world, options);
  await untilPlain(page, true);
}

/** Resolves when the plain client is connected, or is not. */
export function untilPlain(page, isConnected) {
  return until(
    () => page.evaluate((wanted) => window.plain.connected === wanted, isConnected),
    `the plain client's connected is ${isConnected}`,
  );
}

/** Configures the package and resolves when its link is ready. */
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

/** What the callbacks of the plain client's messages were called with so far, each after its content. */
export const told = (page) => page.evaluate(() => window.told);

/** The contents of the messages that reached the server's handler, repeats too. */
export const handled = ({ server }) => server.received.map(({ data }) => data.content);

/**
 * Time that passes without a timer, as a page sees it afterwards. While a laptop sleeps only the wall clock
 * goes on; in a tab that the browser throttles both clocks do.
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
 * Stops the page's clock: from now on its timers fire only in `page.clock.runFor`. For the timers of a client
 * that is there already `page.clock.install()` must have come before it.
 *
 * @param {import('playwright-core').Page} page
 */
export const stopClock = (page) => page.clock.pauseAt(Date.now() + 5000);
