// The pages of a run, one for each kind of client: they are reloaded, frozen and crashed together. Each has its own window,
// because a hidden page's timers are slow.

import { startTabs } from '../../support/devtools.mjs';
import { until } from '../../support/until.mjs';
import { servePage } from '../serve.mjs';

/** A page that is slower is broken; one on a busy machine is not. */
const PATIENCE_MS = 30_000;

/**
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {Record<string, string>} urls of the server as each way's page knows it
 * @param {Record<string, ReturnType<typeof import('./oracle.mjs').createLog>>} logs
 */
export async function openPages(t, urls, logs) {
  const open = await startTabs(t);
  const pages = await Promise.all(
    Object.entries(urls).map(async ([way, url]) => {
      const address = await servePage(t, 'tests/chaos/both/page.mjs', { way, url });
      return openPage(await open('about:blank', { hasWindow: true }), address, logs[way]);
    }),
  );
  const all = (act) => () => Promise.all(pages.map(act));

  return {
    reload: all((page) => page.reload()),
    freeze: all((page) => page.freeze()),
    wake: all((page) => page.wake()),
    async crash() {
      await all((page) => page.crash())();
      await all((page) => page.load())();
    },
    /** Whether the package has written down how far it has come: before that a page begins at the feed's end. */
    hasPosition: () =>
      pages[0].tab.evaluate("Object.keys(localStorage).some((key) => key.endsWith(' f'))"),
  };
}

/** @param {import('../../support/devtools.mjs').Tab} tab */
async function openPage(tab, address, log) {
  let hasCrashed = false;
  tab.on('Runtime.bindingCalled', ({ payload }) => log.note(JSON.parse(payload)));
  tab.on('Inspector.targetCrashed', () => {
    hasCrashed = true;
  });
  for (const domain of ['Runtime', 'Page', 'Inspector']) await tab.order(`${domain}.enable`);
  await tab.order('Runtime.addBinding', { name: 'tell' });
  const { windowId } = await tab.order('Browser.getWindowForTarget');
  const show = (windowState) =>
    tab.order('Browser.setWindowBounds', { windowId, bounds: { windowState } });

  const page = {
    tab,
    async load(order = () => tab.order('Page.navigate', { url: address })) {
      const before = log.lives.length;
      hasCrashed = false;
      await order();
      await until(() => log.lives.length > before, 'the page is loaded', PATIENCE_MS);
    },

    reload() {
      log.ends('reloaded', Date.now());
      return page.load(() => tab.order('Page.reload'));
    },

    freeze: () => tab.order('Page.setWebLifecycleState', { state: 'frozen' }),

    /** Freezing hides a page. */
    async wake() {
      await tab.order('Page.setWebLifecycleState', { state: 'active' });
      await show('minimized');
      await show('normal');
    },

    async crash() {
      log.ends('crashed', Date.now());
      // A crashed page never answers. Pages of one process crash together.
      if (!hasCrashed) tab.order('Page.crash').catch(() => {});
      await until(() => hasCrashed, 'the page has crashed', PATIENCE_MS);
    },
  };
  await page.load();
  return page;
}
