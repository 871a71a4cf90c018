// The basis of receipts: every server refuses a CONNECT for an unknown namespace, after it has handled everything that
// came before it on the connection. Tested with raw requests, without the package.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { prepareServer, SERVERS, startServer } from '../support/servers.mjs';
import { until } from '../support/until.mjs';

// Node 20 has no WebSocket client. socket.io depends on one.
const { WebSocket } = createRequire(createRequire(import.meta.url).resolve('engine.io'))('ws');

const SEPARATOR = '\x1e';
const RECEIPT = '40/no-such-namespace,';
const REFUSALS = {
  'socket.io': '44/no-such-namespace,{"message":"Invalid namespace"}',
  'python-socketio asgi': '44/no-such-namespace,"Unable to connect"',
  'python-socketio threading': '44/no-such-namespace,"Unable to connect"',
  socketioxide: '44/no-such-namespace,{"message":"Invalid namespace"}',
};
/** python-engineio accepts this many packets in a request. It drops longer requests, and still answers 200. */
const PYTHON_LIMIT = 16;
/** socketioxide buffers this many packets for a connection that does not read. */
const BUFFER_LIMIT = 128;

for (const kind of SERVERS) {
  const skip = await prepareServer(kind);
  const isPython = kind.startsWith('python');

  test(`${kind} refuses an unknown namespace after the packets before it, over polling`, {
    skip,
  }, async (t) => {
    const server = await startServer(t, kind, { mode: 'silent' });
    const link = await openPolling(t, server.url);
    const refused = () => link.heard.filter((packet) => packet === REFUSALS[kind]).length;
    const batch = [message(0), message(1), message(2)];
    await link.post([...batch, RECEIPT]);
    await until(
      () => refused() === 1,
      () => `a refusal: ${link.heard}`,
    );
    assert.deepEqual(numbers(await server.read()), [0, 1, 2]);

    await link.post(Array(PYTHON_LIMIT).fill(RECEIPT));
    await until(() => refused() === 1 + PYTHON_LIMIT, 'a refusal of each');
    assert.equal(await link.post([message(3), ...Array(PYTHON_LIMIT).fill(RECEIPT)]), 200);
    await link.post([message(4), RECEIPT]);
    const all = 2 + PYTHON_LIMIT + (isPython ? 0 : PYTHON_LIMIT);
    await until(
      () => refused() === all,
      () => `${all} refusals: ${refused()}`,
    );
    assert.deepEqual(numbers(await server.read()), isPython ? [0, 1, 2, 4] : [0, 1, 2, 3, 4]);

    if (!isPython) {
      await link.post(Array(2 * BUFFER_LIMIT).fill(RECEIPT));
      await link.post([message(5)]);
      await server.untilTaken(6);
      const kept = kind === 'socketioxide' ? BUFFER_LIMIT : 2 * BUFFER_LIMIT;
      await until(
        () => refused() >= all + kept,
        () => `${all + kept} refusals: ${refused()}`,
      );
    }
  });

  test(`${kind} refuses an unknown namespace after the packets before it, over WebSocket`, {
    skip,
  }, async (t) => {
    const server = await startServer(t, kind, { mode: 'silent' });
    const link = await openWebSocket(t, server.url);
    // Also before the main namespace is connected.
    link.send(RECEIPT);
    await until(
      () => link.heard.includes(REFUSALS[kind]),
      () => `a refusal: ${link.heard}`,
    );
    link.send('40');
    await until(() => link.heard.some((packet) => packet.startsWith('40{')), 'connected');
    for (let n = 0; n < 20; n += 1) {
      link.heard.length = 0;
      link.send(message(n));
      link.send(RECEIPT);
      await until(() => link.heard.includes(REFUSALS[kind]), 'a refusal');
      assert.equal((await server.read()).taken.length, n + 1, 'never ahead of a handler');
    }
    assert.equal(link.isOpen, true);
  });

  test(`${kind} refuses an unknown namespace during an upgrade`, { skip }, async (t) => {
    const server = await startServer(t, kind, { mode: 'silent' });
    const link = await openPolling(t, server.url);
    const ws = await openWebSocket(t, server.url, link.sid);
    const refused = () =>
      [...link.heard, ...ws.heard].filter((packet) => packet === REFUSALS[kind]).length;
    ws.send('2probe');
    await until(() => ws.heard.includes('3probe'), 'the probe is answered');
    await link.post([message(0), RECEIPT]);
    ws.send('5');
    ws.send(message(1));
    ws.send(RECEIPT);
    await until(
      () => refused() === 2,
      () => `two refusals: ${link.heard} and ${ws.heard}`,
    );
    assert.deepEqual(numbers(await server.read()), [0, 1]);
  });
}

function message(n) {
  return `42${JSON.stringify(['send_message', { n, _tempId: `raw${n}` }])}`;
}

function numbers({ taken }) {
  return taken.map(({ n }) => n);
}

/** A polling connection in the main namespace. It always has a poll open. */
async function openPolling(t, url) {
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const sid = JSON.parse((await (await fetch(base)).text()).split(SEPARATOR)[0].slice(1)).sid;
  const heard = [];
  const abort = new AbortController();
  t.after(() => abort.abort());
  const post = async (packets) => {
    const body = packets.join(SEPARATOR);
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    const answer = await fetch(`${base}&sid=${sid}`, { method: 'POST', body, headers });
    await answer.text();
    return answer.status;
  };
  const poll = async () => {
    for (;;) {
      const answer = await fetch(`${base}&sid=${sid}`, { signal: abort.signal });
      const text = await answer.text();
      if (!answer.ok) return;
      for (const packet of text.split(SEPARATOR)) {
        heard.push(packet);
        if (packet === '2') await post(['3']);
      }
      // After the noop packet of the upgrade, another poll would return nothing.
      if (text === '6') return;
    }
  };
  await post(['40']);
  poll().catch(() => {});
  await until(() => heard.some((packet) => packet.startsWith('40')), 'connected');
  return { sid, heard, post };
}

/** A WebSocket connection. With `sid`, it is the upgrade of the polling connection with that session id. */
async function openWebSocket(t, url, sid) {
  const query = `EIO=4&transport=websocket${sid ? `&sid=${sid}` : ''}`;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`);
  t.after(() => socket.close());
  const heard = [];
  socket.on('message', (data) => {
    heard.push(String(data));
    if (String(data) === '2') socket.send('3');
  });
  await until(() => socket.readyState === WebSocket.OPEN, 'the WebSocket is open');
  return {
    heard,
    send: (text) => socket.send(text),
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
  };
}
