// Messages that wait for a link. In socket.io-client's own buffer they can change, become stale, block others and flood
// the page. With the package they do not.

import assert from 'node:assert/strict';
import test from 'node:test';
import { launchBrowser } from '../../support/browser.mjs';
import {
  assertEachDeliveredOnce,
  assertSavedOnceInOrder,
  configure,
  contents,
  QUICK,
  untilReady,
  untilSettled,
} from '../../support/lab.mjs';
import { until } from '../../support/until.mjs';
import {
  connectOurs,
  connectPlain,
  handled,
  LONG_MS,
  openPlain,
  oursSend,
  plainSend,
  told,
  twoWorlds,
  untilPlain,
} from './kit.mjs';

const browser = await launchBrowser();
const io = { transports: ['websocket'] };
const OFFLINE = { ...io, autoConnect: false };

/** Configures the package without connecting. */
async function openOurs(page, { proxy }, options = {}) {
  await configure(page, { url: proxy.url, io, ...QUICK, ...options });
  await page.evaluate(() => window.holdfast.disconnectSocket());
}

const goOnline = async (page) => {
  await page.evaluate(() => {
    window.plain.connect();
    window.holdfast.initializeSocket('alice');
  });
  await untilReady(page);
};

test('a waiting message keeps the content that it had when it was sent', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  await openPlain(page, plain, OFFLINE);
  await openOurs(page, ours);
  await page.evaluate(() => {
    const message = { recipientId: 'bob', content: 'as sent', tags: ['a'] };
    window.plain.emit('send_message', message, () => window.told.push('answered'));
    window.recorder.send(message);
    message.content = 'changed later';
    message.tags.push('b');
  });
  await goOnline(page);
  await until(async () => (await told(page)).length === 1, 'the answer');
  assert.equal(plain.server.saved[0].content, 'changed later');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  const { content, tags } = ours.server.saved[0];
  assert.deepEqual([content, tags], ['as sent', ['a']]);
});

test('a message that expired is given up with a code, and never sent', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser);
  await page.clock.install();
  await openPlain(page, plain, OFFLINE);
  await openOurs(page, ours, { queue: { ttlMs: 3_600_000 } });
  await page.evaluate(() => {
    window.promised = 'nothing';
    const settle = (how) => () => {
      window.promised = how;
    };
    window.plain
      .emitWithAck('send_message', { content: 'old' })
      .then(settle('kept'), settle('broken'));
  });
  await oursSend(page, 'old');
  await page.clock.runFor(3_600_001);
  assert.equal(await page.evaluate(() => window.promised), 'nothing');
  const [{ calls }] = await untilSettled(page, 1);
  const { success, error, maybeDelivered } = calls.at(-1);
  assert.deepEqual([success, error, maybeDelivered], [false, 'EXPIRED', false]);

  await oursSend(page, 'new');
  await goOnline(page);
  await until(() => handled(plain).includes('old'), 'the plain message, an hour late');
  assertEachDeliveredOnce((await untilSettled(page, 2)).slice(1));
  assert.deepEqual(handled(ours), ['new']);
});

test('a packet that cannot be encoded affects no other packet and no connection', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser, { allow: [/Maximum call stack/] });
  const notes = ({ server }) => {
    const heard = [];
    server.io.on('connection', (socket) => socket.on('note', (note) => heard.push(note)));
    return heard;
  };
  const [byPlain, byOurs] = [notes(plain), notes(ours)];
  await openPlain(page, plain, OFFLINE);
  await openOurs(page, ours);
  await page.evaluate(() => {
    const cycle = {};
    cycle.self = cycle;
    const sockets = [window.plain, window.holdfast.getSocket()];
    window.connects = sockets.map((socket) => {
      const count = { n: 0 };
      socket.on('connect', () => {
        count.n += 1;
      });
      for (const note of ['first', cycle, 'after']) socket.emit('note', note);
      return count;
    });
    window.plain.connect();
    window.holdfast.initializeSocket('alice');
  });
  const connects = () => page.evaluate(() => window.connects.map(({ n }) => n));
  for (const times of [1, 2, 3]) {
    await until(() => byPlain.length === times, 'the first, again with every connection');
    await untilPlain(page, true);
    plain.proxy.cut();
  }
  assert.deepEqual([...new Set(byPlain)], ['first'], 'and never the one after');
  assert.equal((await connects())[0], 0, 'and nobody is told of a connection');

  await untilReady(page);
  ours.proxy.cut();
  await until(async () => (await connects())[1] === 2, 'connected twice');
  await untilReady(page);
  await oursSend(page, 'A');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(byOurs, ['first', 'after']);
});

test('a listener that throws on a recovered event stops neither the link nor messages', async (t) => {
  const { page, plain, ours } = await twoWorlds(t, browser, {
    allow: [/boom/],
    // With recovery, the missed events arrive before the connect event.
    io: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
  });
  await connectPlain(page, plain, io);
  // A later attempt must not hide an attempt that such a listener broke.
  const reconnect = { ...QUICK.reconnect, connectTimeoutMs: LONG_MS };
  await connectOurs(page, ours, { io, reconnect });
  await page.evaluate(() => {
    window.heard = [];
    window.connects = [0, 0];
    for (const [i, socket] of [window.plain, window.holdfast.getSocket()].entries()) {
      socket.on('connect', () => {
        window.connects[i] += 1;
      });
      socket.on('message:new', ({ content }) => {
        if (content === 'bad') throw new Error('boom');
      });
    }
    window.holdfast.onNewMessage(({ content }) => window.heard.push(content));
  });
  for (const { server } of [plain, ours])
    server.io.emit('message:new', { _id: 1, content: 'good' });
  await until(() => page.evaluate(() => window.plain._lastOffset), 'a place to recover from');
  await until(() => page.evaluate(() => window.heard.length === 1), 'the first message');
  for (const { proxy } of [plain, ours]) {
    proxy.refuse();
    proxy.cut();
  }
  await until(
    () => plain.server.clients.length + ours.server.clients.length === 0,
    'both are away',
  );
  await untilPlain(page, false);
  for (const { server } of [plain, ours]) server.io.emit('message:new', { _id: 2, content: 'bad' });
  await plainSend(page, 'waiting');
  await oursSend(page, 'waiting');
  for (const { proxy } of [plain, ours]) proxy.refuse(false);

  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(handled(ours), ['waiting']);
  assert.deepEqual(await page.evaluate(() => window.heard), ['good', 'bad']);
  await untilPlain(page, true);
  // Everything that the plain client sent when it connected arrived before this answer.
  await page.evaluate(() => new Promise((resolve) => window.plain.emit('ping', () => resolve())));
  assert.deepEqual(await page.evaluate(() => window.connects), [0, 1], 'nobody is told');
  assert.deepEqual(handled(plain), []);
});

test('waiting messages reach the server after the join', async (t) => {
  const senders = ({ server }) => {
    const list = [];
    server.hooks.message = ({ socket, ack, save }) => {
      list.push(socket.data.userId);
      ack(save());
    };
    return list;
  };
  const { page, plain, ours } = await twoWorlds(t, browser);
  const [byPlain, byOurs] = [senders(plain), senders(ours)];
  await openPlain(page, plain, OFFLINE);
  await page.evaluate(() => window.plain.on('connect', () => window.plain.emit('join', 'alice')));
  await openOurs(page, ours);
  await plainSend(page, 'A');
  await oursSend(page, 'A');
  await goOnline(page);
  await until(async () => (await told(page)).length === 1, 'its answer');
  assert.deepEqual(byPlain, [undefined], 'a message of nobody');
  assertEachDeliveredOnce(await untilSettled(page, 1));
  assert.deepEqual(byOurs, ['alice']);
});

test('a long backlog is sent in portions, and the page stays responsive between them', async (t) => {
  const COUNT = 2_500;
  const WINDOW = 1024;
  const { page, plain, ours } = await twoWorlds(t, browser);
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    const { port1, port2 } = new MessageChannel();
    /** For each client, by the server's port: the most messages that were sent in one turn of the page. */
    window.most = {};
    let inTurn = {};
    port1.onmessage = () => {
      for (const [port, n] of Object.entries(inTurn)) {
        window.most[port] = Math.max(window.most[port] ?? 0, n);
      }
      inTurn = {};
    };
    WebSocket.prototype.send = function (frame) {
      if (String(frame).includes('send_message')) {
        if (Object.keys(inTurn).length === 0) port2.postMessage(null);
        const { port } = new URL(this.url);
        inTurn[port] = (inTurn[port] ?? 0) + 1;
      }
      return send.call(this, frame);
    };
  });
  await openPlain(page, plain, OFFLINE);
  await openOurs(page, ours);
  await page.evaluate((count) => {
    for (let i = 0; i < count; i += 1) window.plainSend(`m${i}`);
    window.recorder.sendMany(count);
  }, COUNT);
  await goOnline(page);
  const entries = await untilSettled(page, COUNT);
  await until(async () => (await told(page)).length === COUNT, 'all answers');
  const most = await page.evaluate(() => window.most);
  assert.ok(most[plain.proxy.port] >= COUNT - 1, `the plain client: ${most[plain.proxy.port]}`);
  assert.ok(most[ours.proxy.port] <= WINDOW, `the package: ${most[ours.proxy.port]}`);
  assertSavedOnceInOrder(contents(ours.server.saved), contents(entries));
});

test('events that are useless when late all arrive on a link, and none waits without one', async (t) => {
  const hooks = () => ({ admit: () => undefined });
  const { page, plain, ours } = await twoWorlds(t, browser, { hooks });
  const typed = [plain, ours].map(({ server }) => {
    const list = [];
    server.io.on('connection', (socket) => socket.on('typing', () => list.push('typing')));
    return list;
  });
  // Both transports are open, and the server delays its answer.
  const admitted = [];
  for (const { server } of [plain, ours]) {
    server.hooks.admit = () => new Promise((resolve) => admitted.push(resolve));
  }
  await openPlain(page, plain, io);
  await configure(page, { url: ours.proxy.url, io, ...QUICK }, 'alice');
  await until(() => admitted.length === 2, 'both ask to be let in');
  const burst = (count) =>
    page.evaluate((n) => {
      for (let i = 0; i < n; i += 1) {
        window.plain.volatile.emit('typing', { recipientId: 'bob' });
        window.holdfast.emitTyping('bob', 'alice');
      }
    }, count);
  const roundTrip = async (n) => {
    await plainSend(page, `after${n}`);
    await oursSend(page, `after${n}`);
    await until(async () => (await told(page)).length === n, 'the plain answer');
    await untilSettled(page, n);
  };
  await burst(1);
  for (const admit of admitted) admit();
  await untilPlain(page, true);
  await untilReady(page);
  await roundTrip(1);
  assert.deepEqual(
    typed.map(({ length }) => length),
    [1, 0],
    'the event of the plain client has waited',
  );
  await burst(10);
  await roundTrip(2);
  assert.deepEqual(
    typed.map(({ length }) => length),
    [1 + 1, 10],
    'one event of the plain burst was sent',
  );
  const acks = await page.evaluate(() => Object.keys(window.holdfast.getSocket().acks).length);
  assert.equal(acks, 0);
});

test('a backlog that fails to connect or expires does not take quadratic time', async (t) => {
  const COUNT = 1_000;
  const MANY = 16_000;
  const { page, plain, ours } = await twoWorlds(t, browser);
  for (const { server } of [plain, ours]) server.hooks.admit = () => new Promise(() => {});
  await openPlain(page, plain, OFFLINE);
  const queue = { capacity: 2 * MANY, maxBytes: 100_000_000 };
  await openOurs(page, ours, { queue });
  await page.evaluate((count) => {
    for (let i = 0; i < count; i += 1) window.plainSend(`m${i}`);
    window.recorder.sendMany(count);
    window.reads = 0;
    for (const packet of window.plain.sendBuffer) {
      const { id } = packet;
      Object.defineProperty(packet, 'id', {
        get() {
          window.reads += 1;
          return id;
        },
      });
    }
    window.plain.connect();
    window.holdfast.initializeSocket('alice');
  }, COUNT);
  // No server admits a client, and then the links are cut.
  await until(() => plain.server.handshakes.length && ours.server.handshakes.length, 'asked');
  for (const { proxy } of [plain, ours]) proxy.cut();
  const half = (COUNT * COUNT) / 2;
  await until(() => page.evaluate((n) => window.reads >= n, half), 'every one, for every other');
  await until(() => ours.server.handshakes.length >= 2, 'the package, once more');
  const kept = await page.evaluate(() => {
    const socket = window.holdfast.getSocket();
    return [socket.sendBuffer.length, Object.keys(socket.acks).length];
  });
  assert.deepEqual(kept, [0, 0], 'nothing of ours is there to be read');

  // The best of several rounds each, because a busy machine slows some of them down.
  const took = await page.evaluate(
    async ([url, count]) => {
      /** The time from the first result to the last one. */
      const span = (start) =>
        new Promise((resolve) => {
          let first;
          let left = count;
          const end = () => {
            first ??= performance.now();
            left -= 1;
            if (left === 0) resolve(performance.now() - first);
          };
          for (let i = 0; i < count; i += 1) start(i, end);
        });
      window.plain.disconnect();
      const { holdfast } = window;
      holdfast.disconnectSocket();
      holdfast.configureSocket({
        url,
        queue: { capacity: count, maxBytes: 100_000_000, ttlMs: 500 },
      });
      holdfast.disconnectSocket();
      const best = { plain: Infinity, ours: Infinity };
      for (let round = 0; round < 3; round += 1) {
        const other = window.io(url, { autoConnect: false, forceNew: true });
        const plain = await span((i, end) => other.timeout(500).emit('send_message', { i }, end));
        const ours = await span((i, end) =>
          holdfast.sendMessage({ i }, ({ queued }) => queued || end()),
        );
        best.plain = Math.min(best.plain, plain);
        best.ours = Math.min(best.ours, ours);
      }
      return best;
    },
    [plain.proxy.url, MANY],
  );
  t.diagnostic(JSON.stringify(took));
  assert.ok(took.ours < took.plain / 2, JSON.stringify(took));
});
