// How each engine is started: its driver, its profile, and what it can do that the others cannot.

import { fileURLToPath } from 'node:url';
import { chromeFlags, findChrome } from '../../support/browser.mjs';

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {(port: number) => [program: string, ...args: string[]]} driver
 * @property {(profile: string, options: { isPrivate?: boolean }) => object | Promise<object>} capabilities
 * @property {boolean} [wantsDisplay] it has no headless mode
 * @property {(session: import('./webdriver.mjs').Session, isOffline: boolean) => Promise<unknown>} [setOffline]
 */

/** @type {Record<string, Engine>} */
const ENGINES = {
  chromium: {
    name: 'chromium',
    driver: (port) => [process.env.CHROMEDRIVER || 'chromedriver', `--port=${port}`],
    capabilities: (profile, { isPrivate }) => ({
      browserName: 'chrome',
      'goog:chromeOptions': {
        binary: findChrome(),
        args: [
          '--headless=new',
          ...chromeFlags(),
          `--user-data-dir=${profile}`,
          ...(isPrivate ? ['--incognito'] : []),
        ],
      },
    }),
    setOffline: (session, offline) =>
      session.own('POST', 'chromium/network_conditions', {
        network_conditions: { offline, latency: 0, throughput: -1 },
      }),
  },

  firefox: {
    name: 'firefox',
    driver: (port) => [
      process.env.GECKODRIVER || 'geckodriver',
      `--port=${port}`,
      '--allow-system-access',
    ],
    capabilities: (profile, { isPrivate }) => ({
      browserName: 'firefox',
      'moz:firefoxOptions': {
        binary: process.env.HOLDFAST_FIREFOX || 'firefox-esr',
        args: ['-headless', '-profile', profile],
        prefs: { 'browser.privatebrowsing.autostart': isPrivate === true },
      },
    }),
    async setOffline(session, isOffline) {
      await session.own('POST', 'moz/context', { context: 'chrome' });
      try {
        const script = 'Services.io.offline = arguments[0]';
        await session.own('POST', 'execute/sync', { script, args: [isOffline] });
      } finally {
        await session.own('POST', 'moz/context', { context: 'content' });
      }
    },
  },

  webkit: {
    name: 'webkit',
    wantsDisplay: true,
    driver: (port) => [process.env.WEBKITDRIVER || 'WebKitWebDriver', `--port=${port}`],
    async capabilities(profile, { isPrivate }) {
      return {
        'webkitgtk:browserOptions': {
          binary: WINDOW,
          args: [isPrivate ? 'private' : profile],
        },
      };
    },
  },
};

/** MiniBrowser keeps nothing on disk while it is automated, so WebKit has a window of our own. */
const WINDOW = fileURLToPath(new URL('webkit-window.py', import.meta.url));

/** The engine of this run. `cargo xtask browsers` names it. */
export const engine = ENGINES[process.env.HOLDFAST_ENGINE ?? 'chromium'];
if (!engine) throw new Error(`HOLDFAST_ENGINE is one of ${Object.keys(ENGINES).join(', ')}`);
