// Helpers for the demo's page: open it as a user, write messages, and read the messages on the screen.

import assert from 'node:assert/strict';
import { openPage } from './browser.mjs';
import { request } from './demo-client.mjs';
import { until } from './until.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Longer than the page takes to reconnect. */
const PATIENCE_MS = 20_000;

/**
 * Opens the page as a user, and the conversation with `peer` if given. Resolves when the connection is healthy.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string, login: (userId: string) => Promise<string> }} demo
 * @param {string} userId
 * @param {{ peer?: string, context?: import('playwright-core').BrowserContextOptions }} [options]
 */
export async function openAs(t, browser, demo, userId, { peer, context = DESKTOP } = {}) {
  const hash = peer ? `#${peer}` : '';
  const page = await openPage(t, browser, `${demo.url}/?user=${userId}${hash}`, { context });
  page.setDefaultTimeout(PATIENCE_MS);
  await untilBanner(page, 'healthy');
  return page;
}

/** Resolves when the banner shows the state. */
export function untilBanner(page, state) {
  return page.locator(`[data-testid="connection-banner"][data-state="${state}"]`).waitFor();
}

/** Types a message and sends it with the Enter key. */
export async function write(page, text) {
  await page.getByTestId('message-input').fill(text);
  await page.getByTestId('message-input').press('Enter');
}

/** The text and the state of each message on the screen. */
export function shown(page) {
  return page.getByTestId('message-row').evaluateAll((rows) =>
    rows.map((row) => ({
      text: row.querySelector('[data-testid="message-text"]').textContent,
      state: row.dataset.state,
    })),
  );
}

/** Resolves when the screen shows exactly these texts, in this order, each in one of the given states. */
export async function untilShown(page, texts, states = ['sent', 'read', 'received']) {
  let rows;
  const isShown = () =>
    rows.length === texts.length &&
    rows.every(({ text, state }, n) => text === texts[n] && states.includes(state));
  await until(
    async () => {
      rows = await shown(page);
      return isShown();
    },
    () => `the page shows ${JSON.stringify(texts)}; it shows ${JSON.stringify(rows)}`,
    PATIENCE_MS,
  );
}

/** Requests a path of the demo's REST interface as a user, and returns the body. */
export async function rest(demo, userId, path) {
  const { status, body } = await request(demo, path, { token: await demo.login(userId) });
  assert.equal(status, 200, `${path} answered ${status}`);
  return body;
}

/** Saves messages over REST, without a page. */
export async function post(demo, from, to, texts) {
  const token = await demo.login(from);
  for (const content of texts) {
    const body = { recipient: to, content };
    const { status } = await request(demo, '/messages', { method: 'POST', token, body });
    assert.equal(status, 201);
  }
}
