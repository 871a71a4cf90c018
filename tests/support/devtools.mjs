// A browser without playwright: playwright keeps every page visible, while here a tab in the background is hidden.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { chromeFlags, findChrome } from './browser.mjs';
import { deferred } from './until.mjs';

/**
 * Starts a browser and ends it when the test is over.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<(url: string, options?: { hasWindow?: boolean }) => Promise<Tab>>} opens a tab in front of the
 *   existing ones. `hasWindow`: opens it in a window of its own, so that no other tab is hidden
 *
 * @typedef {object} Tab
 * @property {(method: string, params?: object) => Promise<any>} order sends a command of the DevTools protocol
 * @property {(script: string) => Promise<any>} evaluate runs a script and returns its value as JSON; a promise is awaited
 * @property {(method: string, listener: (params: any) => void) => void} on listens to an event of the DevTools protocol
 */
export async function startTabs(t) {
  const profile = await mkdtemp(join(tmpdir(), 'holdfast-tabs-'));
  const flags = ['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`];
  // Chromium runs as several processes. A process group of their own lets one signal end them all.
  const browser = spawn(findChrome(), [...chromeFlags(), ...flags, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const gone = new Promise((resolve) => browser.once('close', resolve));
  const kill = () => {
    if (browser.exitCode === null && browser.signalCode === null)
      process.kill(-browser.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  atEnd(t, async () => {
    process.off('exit', kill);
    kill();
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  const { order, on } = talk(browser.stdio[3], browser.stdio[4]);
  return async (url, { hasWindow = false } = {}) => {
    const { targetId } = await order('Target.createTarget', { url, newWindow: hasWindow });
    const { sessionId } = await order('Target.attachToTarget', { targetId, flatten: true });
    const own = (method, params) => order(method, params, sessionId);
    const evaluate = async (expression) => {
      const options = { awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await own('Runtime.evaluate', {
        expression,
        ...options,
      });
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    };
    return {
      order: own,
      evaluate,
      on: (method, listener) => on(method, sessionId, listener),
    };
  };
}

/** Sends commands, and reads answers and events. Each message ends with a zero byte. */
function talk(out, into) {
  const waiting = new Map();
  /** Listeners by session and method. @type {Map<string, (params: any) => void>} */
  const listeners = new Map();
  let last = 0;
  let rest = '';
  into.setEncoding('utf8').on('data', (data) => {
    const messages = (rest + data).split('\0');
    rest = messages.pop();
    for (const message of messages) {
      const { id, result, error, method, params, sessionId } = JSON.parse(message);
      if (method) listeners.get(`${sessionId} ${method}`)?.(params);
      else if (error) waiting.get(id)?.reject(new Error(error.message));
      else waiting.get(id)?.resolve(result);
      waiting.delete(id);
    }
  });
  out.on('error', () => {});
  const order = (method, params = {}, sessionId = undefined) => {
    last += 1;
    const answer = deferred();
    waiting.set(last, answer);
    out.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    return answer.promise;
  };
  const on = (method, sessionId, listener) => listeners.set(`${sessionId} ${method}`, listener);
  return { order, on };
}
