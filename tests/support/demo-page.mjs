// The demo's page, as a test uses it: opened as somebody, written in, and read.

import assert from 'node:assert/strict';
import { openPage } from './browser.mjs';
import { request } from './demo-client.mjs';
import { until } from './until.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Longer than any reconnecting of the page's takes. */
const PATIENCE_MS = 20_000;

/**
 * Opens the page as somebody, and a conversation if `peer` is given; resolves when the link is healthy.
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

/** Resolves when the banner shows a state. */
export function untilBanner(page, state) {
  return page.locator(`[data-testid="connection-banner"][data-state="${state}"]`).waitFor();
}

/** Writes a message and sends it by the Enter key. */
export async function write(page, text) {
  await page.getByTestId('message-input').fill(text);
  await page.getByTestId('message-input').press('Enter');
}

/** The messages on the screen: their texts, and the state of each. */
export function shown(page) {
  return page.getByTestId('message-row').evaluateAll((rows) =>
    rows.map((row) => ({
      text: row.querySelector('[data-testid="message-text"]').textContent,
      state: row.dataset.state,
    })),
  );
}

/** Resolves when exactly these texts are shown, in this order, and each in one of the states. */
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

/** What the demo's REST interface answers somebody. */
export async function rest(demo, userId, path) {
  const { status, body } = await request(demo, path, { token: await demo.login(userId) });
  assert.equal(status, 200, `${path} answered ${status}`);
  return body;
}

/** Saves messages without a page. */
export async function post(demo, from, to, texts) {
  const token = await demo.login(from);
  for (const content of texts) {
    const body = { recipient: to, content };
    const { status } = await request(demo, '/messages', { method: 'POST', token, body });
    assert.equal(status, 201);
  }
}
