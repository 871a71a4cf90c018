// A page with the package in it, which every engine loads from a server, and what the tests ask of it.

import assert from 'node:assert/strict';
import http from 'node:http';
import { atEnd } from '../support/at-end.mjs';
import { bundle } from '../support/bundle.mjs';
import { until } from '../support/until.mjs';

export { openBrowser } from './adapter/browser.mjs';
export { engine } from './adapter/engines.mjs';

/** Reconnecting and health in small numbers, so that a test takes seconds. */
export const QUICK = {
  reconnect: { minMs: 50, maxMs: 500, spreadMs: 50, stableMs: 1_000 },
  send: { backoffMs: 50, backoffMaxMs: 500 },
};
export const QUICK_IO = {
  reconnectionDelay: 50,
  reconnectionDelayMax: 500,
  timeout: 2_000,
  forceNew: true,
};

/** The ways in which an app sends. */
export const ENTRIES = ['holdfast', 'holdfast/io'];

const PAGE = `
  import { createClient } from 'holdfast';
  import { io } from 'holdfast/io';

  const lab = {
    settled: [],
    errors: [],
    heard: [],
    sent: 0,
    /** Connects, as the entry of the package says. */
    open(entry, { url, ...options }) {
      lab.entry = entry;
      const onError = ({ code, message }) => lab.errors.push(code + ': ' + message);
      if (entry === 'holdfast/io') {
        const { holdfast, ...rest } = options;
        lab.socket = io(url, { ...rest, holdfast: { onError, logger: null, ...holdfast } });
      } else {
        lab.client = createClient({ url, logger: null, onError, ...options });
        lab.client.onSettled(({ id, success, code }) => lab.settled.push([id, success, code]));
        lab.socket = lab.client.socket;
        lab.client.connect();
      }
      for (const event of ['connect', 'disconnect']) lab.socket.on(event, () => lab.heard.push(event));
    },
    /** Sends a message with this id, by \`send\` or by a plain \`emit\`. */
    send(id, more, options) {
      lab.sent += 1;
      const data = { recipientId: 'bob', content: id, ...more };
      if (lab.entry === 'holdfast/io') lab.socket.emit('send_message', { ...data, _tempId: id });
      else lab.client.send('send_message', data, { id, ...options }).catch(() => {});
    },
    sendMany(count, prefix) {
      for (let n = 0; n < count; n += 1) lab.send(prefix + String(lab.sent).padStart(4, '0'));
    },
    /** The content of all segments on disk. */
    kept: () => new Promise((resolve, reject) => {
      const request = indexedDB.open('holdfast');
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        if (!database.objectStoreNames.contains('segments')) {
          database.close();
          return resolve([]);
        }
        const all = database.transaction('segments').objectStore('segments').getAll();
        all.onsuccess = () => {
          database.close();
          resolve(all.result.flatMap(({ messages }) => messages.map(({ id }) => id)));
        };
        all.onerror = () => reject(all.error);
      };
    }),
  };
  window.lab = lab;
  for (const name of ['pagehide', 'pageshow']) {
    addEventListener(name, ({ persisted }) => lab.heard.push(name + ' ' + persisted));
  }
`;

/**
 * Serves the page at every path.
 * @param {import('node:test').TestContext} t
 * @param {{ before?: string }} [options] `before`: a script that runs before the package is loaded
 * @returns {Promise<string>} its address: localhost, which every engine takes for secure
 */
export async function servePage(t, { before = '' } = {}) {
  const script = (await bundle(PAGE)).replaceAll('</script', '<\\/script');
  const html = `<!doctype html><meta charset="utf-8"><title>Lab</title><script>${before}</script><script>${script}</script>`;
  const pages = http.createServer((request, response) => {
    if (request.url === '/favicon.ico') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  });
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    pages.closeAllConnections();
    pages.close();
  });
  return `http://localhost:${pages.address().port}/`;
}

/**
 * Connects a page to a server.
 * @param {import('./adapter/browser.mjs').Tab} tab
 * @param {string} url
 * @param {{ entry?: string, options?: object }} [more]
 */
export function connect(tab, url, { entry = 'holdfast', options = {} } = {}) {
  const usual = entry === 'holdfast' ? { userId: 'alice', ...QUICK } : QUICK_IO;
  return tab.run((name, given) => window.lab.open(name, given), entry, {
    url,
    ...usual,
    ...options,
  });
}

export const sendMany = (tab, count, prefix = 'm') =>
  tab.run((n, start) => window.lab.sendMany(n, start), count, prefix);

export const send = (tab, id, data, options) =>
  tab.run((...args) => window.lab.send(...args), id, data, options);

export const untilConnected = (tab) =>
  tab.until(() => window.lab.socket.connected, [], 'the page is connected', 20_000);

export const untilDown = (tab) =>
  tab.until(() => !window.lab.socket.connected, [], 'the page knows that its link is lost', 20_000);

export const settled = (tab) => tab.run(() => window.lab.settled);

/** Each message of this page settled once, as a success. */
export async function untilAllSettled(tab, count, deadlineMs = 30_000) {
  await until(
    async () => (await settled(tab)).length >= count,
    async () => `${count} settle; so far ${(await settled(tab)).length}`,
    deadlineMs,
  );
  const ends = await settled(tab);
  assert.equal(new Set(ends.map(([id]) => id)).size, count, 'each settled once');
  assert.deepEqual(
    ends.filter(([, success]) => !success),
    [],
    'each as a success',
  );
}

export const kept = (tab) => tab.run(() => window.lab.kept());

export const idsOf = (messages) => messages.map(({ _tempId }) => _tempId);

export const numbered = (count, prefix = 'm', from = 0) =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(from + n).padStart(4, '0')}`);

/** Saved once each and in this order. */
export function assertSaved(server, ids) {
  const saved = idsOf(server.saved);
  const missing = ids.filter((id) => !saved.includes(id));
  assert.deepEqual(missing.slice(0, 10), [], `${missing.length} of ${ids.length} are missing`);
  assert.deepEqual(saved, ids);
}
