// Headless Chromium, and pages whose uncaught errors fail the test that opened them.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { atEnd } from './at-end.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts one browser for a test file and closes it after the file's last test. `HOLDFAST_CHROME` names the program.
 *
 * @param {{ hasCache?: boolean }} [options] `hasCache`: enables the back-forward cache, which playwright disables.
 *   A page that is restored from this cache fires no load event, so `page.goBack` has to wait for `commit`
 */
export function launchBrowser({ hasCache = false } = {}) {
  return launchBrowserFor({ after }, { hasCache });
}

/**
 * Like `launchBrowser`, for any caller with an `after` function. The browser closes when that function's callback runs.
 *
 * @param {{ after: (end: () => unknown) => void }} t
 * @param {{ hasCache?: boolean }} [options]
 */
export async function launchBrowserFor(t, { hasCache = false } = {}) {
  const browser = await chromium.launch({
    executablePath: findChrome(),
    args: chromeFlags(),
    ignoreDefaultArgs: hasCache ? ['--disable-back-forward-cache'] : [],
  });
  t.after(() => end(browser));
  return browser;
}

/** Closes a browser. If it does not end in time, this logs an error and leaves the process behind; no test fails. */
async function end(browser) {
  let timer;
  const tooLong = new Promise((resolve) => {
    timer = setTimeout(resolve, LONGEST_END_MS, 'too long');
  });
  const how = await Promise.race([browser.close(), tooLong]);
  clearTimeout(timer);
  if (how === 'too long') {
    console.error(`the browser did not end within ${LONGEST_END_MS} ms: it is left behind`);
  }
}

/** Playwright kills a browser after half of this time, and then waits for the browser's child processes. */
const LONGEST_END_MS = 60_000;

/** Flags that keep Chromium from contacting other hosts and from opening first-run pages. */
export function chromeFlags() {
  // Chromium's sandbox refuses to run as root.
  return process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
}

/** Finds the browser: `HOLDFAST_CHROME`, or the first of the usual names on PATH. */
export function findChrome() {
  if (process.env.HOLDFAST_CHROME) return process.env.HOLDFAST_CHROME;
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const file = join(directory, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not in this directory.
      }
    }
  }
  throw new Error('no Chromium on PATH; set HOLDFAST_CHROME to the program');
}

/**
 * Opens a page in a context (storage, cookies) of its own. When the test is over, an uncaught error of the page fails
 * the test, unless a pattern in `allow` matches the error.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {{ allow?: RegExp[], context?: import('playwright-core').BrowserContextOptions }} [options]
 */
export async function openPage(t, browser, url, { allow = [], context: kind = {} } = {}) {
  const context = await browser.newContext(kind);
  const page = await context.newPage();
  const errors = [];
  const log = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? String(error)));
  page.on('console', (message) => {
    const type = message.type();
    if (type === 'error' || type === 'warning') log.push(`${type}: ${message.text()}`);
  });
  page.on('crash', () => errors.push('the page crashed'));
  /** The problems so far: uncaught errors, and console warnings and errors. */
  page.problems = { errors, log };
  atEnd(t, async () => {
    await context.close();
    const unexpected = errors.filter((error) => !allow.some((pattern) => pattern.test(error)));
    if (unexpected.length) {
      throw new Error(
        `the page threw:\n${unexpected.join('\n')}\nits console:\n${log.slice(-20).join('\n')}`,
      );
    }
  });
  await page.goto(url);
  return page;
}
