// Payloads that are no plain JSON: as they are sent, and as they come back from the disk.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { atEnd } from '../support/at-end.mjs';
import { startChatServer } from '../support/chat-server.mjs';
import { until } from '../support/until.mjs';
import { connect, ENTRIES, idsOf, kept, openBrowser, servePage, untilConnected } from './kit.mjs';

/** Bytes of a size that needs more than one read, so that none is sent by halves. */
const LARGE = 300_000;

/** Runs in the page: sends one message of each kind. */
function sendAll(large) {
  const bytes = Uint8Array.from({ length: large }, (_, at) => at % 251);
  const payloads = {
    buffer: { it: Uint8Array.of(1, 2, 3).buffer },
    view: { it: new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4) },
    floats: { it: new Float64Array([1.5]) },
    blob: { it: new Blob(['bl', 'ob'], { type: 'text/plain' }) },
    file: { it: new File(['a file'], 'name.txt', { type: 'text/plain' }) },
    empty: { it: new Blob([]) },
    large: { it: new Blob([bytes]) },
    nested: { it: [{ deep: [new Blob(['x']), Uint8Array.of(9)] }] },
    twice: { it: ((one) => [one, one])(new Blob(['same'])) },
    date: { it: new Date(0) },
    gaps: { it: { a: undefined, b: [undefined, 1], c: null, d: Number.NaN } },
    emoji: { it: 'a👩‍👩‍👧‍👦é漢' },
    // It has no UTF-8, but JSON escapes it.
    lone: { it: 'a\ud800b' },
  };
  for (const [id, data] of Object.entries(payloads)) window.lab.send(id, data);
  window.lab.send('last');
  return Object.keys(payloads);
}

/** The values that the server must receive, with Buffers as lists. */
const EXPECTED = {
  buffer: { bytes: [1, 2, 3] },
  view: { bytes: [1, 2, 3] },
  floats: { bytes: [...new Uint8Array(new Float64Array([1.5]).buffer)] },
  blob: { bytes: [...Buffer.from('blob')] },
  file: { bytes: [...Buffer.from('a file')] },
  empty: { bytes: [] },
  large: { bytes: Array.from({ length: LARGE }, (_, at) => at % 251) },
  nested: [{ deep: [{ bytes: [120] }, { bytes: [9] }] }],
  twice: [{ bytes: [...Buffer.from('same')] }, { bytes: [...Buffer.from('same')] }],
  date: '1970-01-01T00:00:00.000Z',
  gaps: { b: [null, 1], c: null, d: null },
  emoji: 'a👩‍👩‍👧‍👦é漢',
  lone: 'a\ud800b',
};

/** @param {any} value */
const plain = (value) => {
  if (Buffer.isBuffer(value)) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
};

function assertArrived(server, ids) {
  assert.deepEqual(idsOf(server.saved), [...ids, 'last'], 'once each and in order');
  for (const { _tempId, it } of server.saved.slice(0, -1)) {
    assert.deepEqual(plain(it), EXPECTED[_tempId], _tempId);
  }
}

for (const entry of ENTRIES) {
  for (const transport of ['websocket', 'polling']) {
    test(`odd payloads arrive as they were: ${entry} over ${transport}`, async (t) => {
      const page = await servePage(t);
      const server = await startChatServer(t);
      const browser = await openBrowser(t);
      const tab = await browser.open(page);
      const io = { transports: [transport] };
      await connect(tab, server.url, { entry, options: entry === 'holdfast' ? { io } : io });
      await untilConnected(tab);
      const ids = await tab.run(sendAll, LARGE);
      await until(
        () => server.saved.length > ids.length,
        () => `all are saved; ${idsOf(server.saved)} are`,
        30_000,
      );
      assertArrived(server, ids);
    });
  }
}

for (const isPrivate of [false, true]) {
  const where = isPrivate ? 'a private window' : 'a usual window';
  test(`odd payloads that were on disk arrive as they were: ${where}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    await server.stop();
    const browser = await openBrowser(t, { isPrivate });
    const tab = await browser.open(page);
    await connect(tab, server.url);
    const ids = await tab.run(sendAll, LARGE);
    await until(
      async () => (await kept(tab)).length > ids.length,
      async () =>
        `all are on disk; ${await kept(tab)} are, and the app heard ${await tab.run(() => window.lab.errors)}`,
    );
    await tab.reload();
    await server.listen();
    await connect(tab, server.url);
    await until(
      () => server.saved.length > ids.length,
      () => `all are saved; ${idsOf(server.saved)} are`,
    );
    assertArrived(server, ids);
    await until(async () => (await kept(tab)).length === 0, 'nothing is left on disk');
    const errors = await tab.run(() => window.lab.errors);
    assert.deepEqual(
      errors.filter((text) => !/^CONNECT_FAILED/.test(text)),
      [],
    );
  });
}

for (const [entry, options] of [
  ['holdfast', {}],
  ['holdfast', { queue: { storage: 'memory' } }],
  ['holdfast/io', {}],
]) {
  const where = options.queue ? ', in memory' : '';
  test(`a File that was deleted ends its own message alone: ${entry}${where}`, async (t) => {
    const page = await servePage(t);
    const server = await startChatServer(t);
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-file-'));
    atEnd(t, () => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'picture.bin');
    await writeFile(file, 'a picture');
    const browser = await openBrowser(t);
    const tab = await browser.open(page);
    await tab.run(() => {
      const input = Object.assign(document.createElement('input'), { type: 'file' });
      document.body.append(input);
    });
    await tab.choose('input', file);
    const io = { transports: ['websocket'] };
    const given = entry === 'holdfast' ? { io, ...options } : io;
    await connect(tab, server.url, { entry, options: given });
    await untilConnected(tab);
    const sendFile = (id) =>
      tab.run((name) => {
        const [it] = document.querySelector('input').files;
        window.lab.send(name, { it });
      }, id);
    await sendFile('there');
    await until(() => server.saved.length === 1, 'it was read');
    await rm(file);
    await sendFile('gone');
    await tab.run(() => window.lab.send('after'));
    await until(() => server.saved.length >= 2, 'what follows it arrives', 20_000);
    assert.deepEqual(idsOf(server.saved), ['there', 'after']);
    assert.deepEqual(plain(server.saved[0].it), { bytes: [...Buffer.from('a picture')] });
    const told = () =>
      tab.run(() => [
        ...window.lab.settled.map(([id, , code]) => `${id} ${code}`),
        ...window.lab.errors.map((text) => `error ${text}`),
      ]);
    await until(
      async () => (await told()).some((text) => /(gone|error) INVALID_MESSAGE_PAYLOAD/.test(text)),
      async () => `the app is told; it heard ${await told()}`,
    );
  });
}
