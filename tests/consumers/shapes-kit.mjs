// What the tests of docs/shapes.md share: its recipes, a server whose link can be broken, and what an app must live through.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { atEnd } from '../support/at-end.mjs';
import { startBareServer } from '../support/bare-server.mjs';
import { root } from '../support/paths.mjs';
import { createProxy } from '../support/proxy.mjs';
import { until } from '../support/until.mjs';

const recipes = sections(await readFile(`${root}docs/shapes.md`, 'utf8'));

/** The files of each section, by its heading; those before the first one belong to all. */
function sections(text) {
  const [shared, ...own] = text.split(/^##+ /m).map((section) => ({
    title: section.split('\n', 1)[0],
    files: filesIn(section),
  }));
  return new Map(own.map(({ title, files }) => [title, { ...shared.files, ...files }]));
}

/** @returns {Record<string, string>} code by the name that its first line gives */
function filesIn(section) {
  const blocks = [...section.matchAll(/^```jsx?[^\n]*\n\/\/ (\S+)\n(.*?)^```$/gms)];
  return Object.fromEntries(blocks.map(([, name, code]) => [name, code]));
}

/** Writes the files of a recipe, and others of the app around it. */
export async function follow(folder, title, others, change = (code) => code) {
  const files = recipes.get(title);
  assert.ok(files, `docs/shapes.md has ${title}`);
  for (const [name, code] of Object.entries({ ...files, ...others })) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, change(code));
  }
}

/** The line that a recipe changes, as it was. */
export const plain = (code) =>
  code.replace(/'holdfast\/io'; \/\/ was: ('socket\.io-client')/, '$1;');

/**
 * One address whose link can be broken, and behind it a server that acknowledges nothing and can be killed.
 * @param {import('node:test').TestContext} t
 */
export async function startWire(t) {
  /** The connections of the main namespace: who they are, and what came. */
  const links = [];
  /** Called for every event. */
  let onEvent = () => {};
  const start = () =>
    startBareServer(t, {
      connected(socket) {
        const link = { handshake: socket.handshake, came: [] };
        links.push(link);
        socket.onAny((event, ...args) => {
          link.came.push([event, ...args]);
          onEvent(event, ...args);
        });
        socket.on('join_room', (room) => socket.join(room));
        socket.on('leave_room', (room) => socket.leave(room));
      },
    });
  let server = await start();
  const proxy = await createProxy({ target: { port: server.port } });
  atEnd(t, () => proxy.close());
  return {
    links,
    proxy,
    say: (text) => server.io.to('lobby').emit('receive_message', { id: text, text }),
    inRoom: () => server.io.of('/').adapter.rooms.get('lobby')?.size ?? 0,
    connected: () => server.clients.length,
    joins: () => links.flatMap(({ came: events }) => events.filter(isJoin)).length,
    texts: () =>
      links.flatMap(({ came: events }) => events.filter(isMessage).map(([, { text }]) => text)),
    /** The server dies as soon as this text has come, and another one is there. */
    async dieAt(text) {
      const next = await start();
      const dying = server;
      onEvent = (_event, data) => {
        if (data?.text !== text) return;
        onEvent = () => {};
        proxy.retarget(next.port);
        server = next;
        dying.close();
      };
    },
  };
}

export const isMessage = ([event]) => event === 'send_message';
export const isJoin = ([event]) => event === 'join_room';

/** Goes into a page: sends as a user does, by the form that all shapes have. */
export const SEND = `
  window.send = (text) => {
    const form = document.querySelector('form');
    form.elements.text.value = text;
    form.requestSubmit();
  };`;

export const send = (page, ...texts) =>
  page.evaluate((all) => {
    for (const text of all) window.send(text);
  }, texts);

const shown = (page) => page.$$eval('li', (items) => items.map(({ textContent }) => textContent));

/** What the server says is shown once, and nobody else is there who could show it again. */
export async function assertShownOnce(page, wire, text) {
  await until(
    () => wire.inRoom() === 1 && wire.connected() === 1,
    () => `one is there: ${wire.inRoom()} of ${wire.connected()} in the room`,
  );
  wire.say(text);
  await until(async () => (await shown(page)).includes(text), `${text} is shown`);
  const all = await shown(page);
  assert.deepEqual(
    all.filter((one) => one === text),
    [text],
  );
}

export const came = (wire, texts) =>
  until(
    () => texts.every((text) => wire.texts().includes(text)),
    () => `${texts} came: ${wire.texts()}`,
    20_000,
  );

export const ON_ITS_WAY = ['on its way 1', 'on its way 2'];
const BURST = Array.from({ length: 20 }, (_, n) => `burst ${n + 1}`);

/** The link is lost with what is on its way, and no attempt to make another one succeeds. */
export async function loseLink(page, { proxy }, { onItsWay, meanwhile }) {
  proxy.hang();
  await send(page, ...onItsWay);
  proxy.refuse();
  const { refused } = proxy.counters;
  proxy.cut();
  await until(() => proxy.counters.refused > refused, 'an attempt');
  await send(page, ...meanwhile);
  proxy.resume();
}

/**
 * The link is lost and the server killed while messages are on their way.
 * @returns {Promise<string[]>} what was sent
 */
export async function liveThrough(page, wire) {
  await send(page, 'one', 'two');
  await came(wire, ['one', 'two']);
  await assertShownOnce(page, wire, 'hello');

  await loseLink(page, wire, { onItsWay: ON_ITS_WAY, meanwhile: ['meanwhile'] });
  wire.proxy.refuse(false);
  await came(wire, ['meanwhile']);
  await assertShownOnce(page, wire, 'after the lost link');

  await wire.dieAt('burst 10');
  await send(page, ...BURST);
  await came(wire, BURST);
  await assertShownOnce(page, wire, 'after the restart');
  return ['one', 'two', ...ON_ITS_WAY, 'meanwhile', ...BURST];
}

/** All that was sent has come in order, and over each connection after the join. */
export function assertInOrder(wire, sent) {
  assert.deepEqual([...new Set(wire.texts())], sent);
  for (const { came: events } of wire.links) {
    const first = events.findIndex(isMessage);
    if (first < 0) continue;
    const before = events.slice(0, first);
    assert.ok(before.some(isJoin), `the room is joined before ${events[first][1].text}`);
  }
}
