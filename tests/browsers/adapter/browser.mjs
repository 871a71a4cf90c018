// A browser of the engine of this run, and its tabs. The same in Chromium, Firefox and WebKitGTK.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '../../support/at-end.mjs';
import { accepts, freePort } from '../../support/process.mjs';
import { until } from '../../support/until.mjs';
import { engine } from './engines.mjs';
import { Session } from './webdriver.mjs';

// What ends the tests ends the browsers: their processes are in groups of their own.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const START_MS = 60_000;
const LONGEST_END_MS = 15_000;

/**
 * Starts a browser with a fresh profile; both are gone when the test is over.
 * @param {import('node:test').TestContext} t
 * @param {{ isPrivate?: boolean }} [options]
 */
export async function openBrowser(t, options = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'holdfast-profile-'));
  const browser = new Browser(profile, options);
  atEnd(t, async () => {
    await browser.end();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  await browser.start();
  return browser;
}

export class Browser {
  #profile;
  #options;
  #driver;
  #gone;
  #output = '';
  /** @type {Session} */
  session;

  constructor(profile, options) {
    this.#profile = profile;
    this.#options = options;
  }

  /** Also after `kill`: the profile is the same. */
  async start() {
    const port = await freePort();
    const [program, ...args] = engine.driver(port);
    const env = { ...process.env };
    if (engine.wantsDisplay) env.DISPLAY = await display();
    // A group of its own: the driver, the browser and its processes end together.
    this.#driver = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#driver.stdout, this.#driver.stderr]) {
      stream.setEncoding('utf8').on('data', (data) => {
        this.#output = (this.#output + data).slice(-MOST_OUTPUT);
      });
    }
    let failure;
    this.#driver.once('error', (error) => {
      failure = error;
    });
    this.#gone = new Promise((resolve) => this.#driver.once('close', resolve));
    process.once('exit', this.#strike);
    await until(
      () => failure || accepts(port),
      () => `${program} listens; it printed ${this.#output}`,
      START_MS,
    );
    if (failure) throw failure;
    const capabilities = await engine.capabilities(this.#profile, this.#options);
    try {
      this.session = await Session.begin(`http://127.0.0.1:${port}`, capabilities);
    } catch (error) {
      throw new Error(`${error.message}; the driver printed ${this.#output}`);
    }
  }

  /** SIGKILL to all of it: nothing is said and nothing is written any more. */
  async kill() {
    this.#strike();
    await this.#gone;
    process.off('exit', this.#strike);
  }

  /** Ends it as a user does, so that it writes what it has. */
  async end() {
    if (!this.#driver || this.#driver.exitCode !== null || this.#driver.signalCode !== null) return;
    const ended = this.session?.end().catch(() => {});
    await Promise.race([
      ended,
      new Promise((resolve) => setTimeout(resolve, LONGEST_END_MS).unref()),
    ]);
    await this.kill();
  }

  /**
   * Resolves once localStorage has a text on disk. Browsers write it late: WebKit after half a second, the others after
   * five. Until then it does not survive their end by SIGKILL.
   * @param {string} text
   */
  async untilStored(text) {
    const has = async () => {
      const files = await readdir(this.#profile, { recursive: true, withFileTypes: true });
      for (const file of files) {
        const at = join(file.parentPath ?? file.path, file.name);
        if (!file.isFile() || !LOCAL_STORAGE.test(at)) continue;
        if ((await readFile(at).catch(() => '')).includes(text)) return true;
      }
      return false;
    };
    await until(has, `localStorage has ${text} on disk`, 30_000, 100);
  }

  /** A tab at a page, the first one or another of the same profile. @param {string} url @param {'tab' | 'window'} [type] */
  async open(url, type = 'window') {
    const handle = this.#hasTabs ? await this.session.open(type) : await this.session.first();
    this.#hasTabs = true;
    const tab = new Tab(this.session, handle);
    await tab.goto(url);
    return tab;
  }
  #hasTabs = false;

  #strike = () => {
    this.#hasTabs = false;
    try {
      process.kill(-this.#driver.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  };
}

/** One page. */
export class Tab {
  constructor(session, handle) {
    this.session = session;
    this.handle = handle;
  }

  goto = (url) => this.session.goto(this.handle, url);
  reload = () => this.session.reload(this.handle);
  back = () => this.session.back(this.handle);
  show = () => this.session.show(this.handle);
  close = () => this.session.close(this.handle);
  choose = (css, path) => this.session.choose(this.handle, css, path);
  /** Runs a function in the page, with arguments and an answer of JSON's. */
  run = (fn, ...args) => this.session.run(this.handle, fn, args);

  /** Asks in the page until the answer is truthy. */
  until(fn, args, what, deadlineMs) {
    return until(() => this.run(fn, ...args), what, deadlineMs, 50);
  }
}

/** A display for engines without a headless mode, one for the process. */
function display() {
  shown ??= new Promise((resolve, reject) => {
    const server = spawn(
      'Xvfb',
      ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      },
    );
    process.once('exit', () => server.kill('SIGKILL'));
    server.once('error', reject);
    server.stdio[3].setEncoding('utf8').once('data', (number) => resolve(`:${number.trim()}`));
  });
  return shown;
}
let shown;

/** Where the engines have it in a profile. */
const LOCAL_STORAGE = /localstorage|Local Storage|\/ls\//;

/** The end of a driver's output. */
const MOST_OUTPUT = 4_000;
