// The tabs of one browser profile: opened, reloaded, crashed, closed and opened again.

import { chromium } from 'playwright-core';
import { chromeFlags, findChrome } from '../support/browser.mjs';
import { until } from '../support/until.mjs';
import { servePage } from './serve.mjs';

/** A page that is slower is broken; one on a busy machine is not. */
const PATIENCE_MS = 30_000;

/**
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {object} how
 * @param {number} how.count tabs, of which each place is filled again when its tab is gone
 * @param {object} how.options of the client in the page
 * @param {ReturnType<typeof import('./oracle.mjs').createRecord>} how.record
 */
export async function openTabs(t, { count, options, record }) {
  const server = await servePage(t, 'tests/chaos/page.mjs', options);
  const browser = await chromium.launch({ executablePath: findChrome(), args: chromeFlags() });
  t.after(() => browser.close());
  const context = await browser.newContext();
  const lives = new WeakMap();
  await context.exposeBinding('tell', ({ page }, facts) => record.note(lives.get(page), facts));
  let births = 0;
  const problems = [];

  async function open() {
    const life = String(++births);
    const page = await context.newPage();
    lives.set(page, life);
    page.on('pageerror', (error) => problems.push(error.stack ?? String(error)));
    const tab = { life, page, hasCrashed: false };
    page.on('crash', () => {
      tab.hasCrashed = true;
      record.gone.add(life);
    });
    await load(tab, () => page.goto(server));
    return tab;
  }

  async function load(tab, go) {
    await go();
    await tab.page.waitForFunction(() => window.chaos, null, { timeout: PATIENCE_MS });
    const { instance } = await tab.page.evaluate(() => window.chaos.left());
    record.loaded(tab.life, instance);
  }

  /** Messages so far, by life and conversation. */
  const numbers = new Map();
  const tabs = [];
  for (let place = 0; place < count; place += 1) tabs.push(await open());

  /** The renderer may be shared: a crash may take others along. */
  async function replaceCrashed() {
    for (const [place, tab] of tabs.entries()) {
      if (!tab.hasCrashed) continue;
      await tab.page.close();
      tabs[place] = await open();
    }
  }

  return {
    problems,

    /** Hands a page what it is to send. */
    async send(place, messages) {
      const tab = tabs[place];
      const numbered = messages.map(({ conversation, strict }) => {
        const number = (numbers.get(`${tab.life}/${conversation}`) ?? 0) + 1;
        numbers.set(`${tab.life}/${conversation}`, number);
        return { id: `${tab.life}/${conversation}/${number}`, conversation, strict };
      });
      for (const { id } of numbered) record.ordered.add(id);
      try {
        await tab.page.evaluate((list) => window.chaos.send(list), numbered);
      } catch {
        // The page ended in the middle of the call. It has reported what it sent.
      }
    },

    async reload(place) {
      const tab = tabs[place];
      record.loading.add(tab.life);
      await load(tab, () => tab.page.reload());
    },

    /** So slow to come back that another tab has taken over what this one left. */
    async leave(place, ms) {
      const tab = tabs[place];
      record.loading.add(tab.life);
      await tab.page.goto('about:blank');
      await new Promise((resolve) => setTimeout(resolve, ms));
      await load(tab, () => tab.page.goto(server));
    },

    async crash(place) {
      const tab = tabs[place];
      const session = await context.newCDPSession(tab.page);
      session.send('Page.crash').catch(() => {});
      await until(() => tab.hasCrashed, 'the tab has crashed', PATIENCE_MS);
      await replaceCrashed();
    },

    async close(place) {
      const { life, page } = tabs[place];
      record.gone.add(life);
      await page.close();
      tabs[place] = await open();
    },

    /** The messages that each page still has to settle. */
    left: () => Promise.all(tabs.map(({ page }) => page.evaluate(() => window.chaos.left()))),

    /** How many messages of the profile are on the disk. */
    onDisk: () =>
      tabs[0].page.evaluate(async () => {
        const answer = (request) =>
          new Promise((resolve) => {
            request.onsuccess = () => resolve(request.result);
          });
        const database = await answer(indexedDB.open('holdfast'));
        const stores = ['segments', 'settled'];
        const transaction = database.transaction(stores);
        const [segments, settled] = await Promise.all(
          stores.map((name) => answer(transaction.objectStore(name).getAll())),
        );
        database.close();
        const count = (all) => all.reduce((sum, { length }) => sum + length, 0);
        return count(segments.map(({ messages }) => messages)) - count(settled);
      }),
  };
}
