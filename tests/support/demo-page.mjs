// The demo's page, as a test uses it: opened as somebody, written in, and read.

import assert from 'node:assert/strict';
import { openPage } from './browser.mjs';
import { startDemo } from './server.mjs';
import { until } from './until.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Longer than any reconnecting of the page's takes. */
const PATIENCE_MS = 20_000;

/** The demo with its lab, which breaks things on the page's order. */
export function startLab(t, env = {}) {
  return startDemo(t, { env, main: 'js-demo/lab/main.js' });
}

/**
 * Opens the page as somebody, and a conversation if `peer` is given; resolves when the link is healthy.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {import('./server.mjs').DemoServer} demo
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

/** Asks the demo's REST interface as somebody. */
export async function rest(demo, userId, path, { method = 'GET', body } = {}) {
  const headers = { authorization: `Bearer ${await demo.login(userId)}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(demo.url + path, { method, headers, body: text });
  assert.ok(response.ok, `${method} ${path} answered ${response.status}`);
  return response.json();
}

/** Saves messages without a page. */
export async function post(demo, from, to, texts) {
  const token = await demo.login(from);
  for (const content of texts) {
    const response = await fetch(`${demo.url}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ recipient: to, content }),
    });
    assert.equal(response.status, 201);
  }
}
