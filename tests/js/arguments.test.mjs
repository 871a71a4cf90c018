// Messages without a payload, and with several arguments.

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { startBareServer } from '../support/bare-server.mjs';
import { createClient, freshModule, quick, roundTrip, until } from './shell-kit.mjs';

const answer = ({ ack }) => ack?.({ success: true });

/** A client of a server that notes all that comes, and acknowledges it. */
async function setUp(t, options = {}, { take = answer, isAway = false, server: more = {} } = {}) {
  freshModule(t);
  const server = await startBareServer(t, { take, ...more });
  const made = createClient(quick(server.url, { userId: 'u1', ...options }));
  t.after(() => made.destroy());
  const connect = async () => {
    made.connect();
    await until(() => made.getState().isReady, 'ready');
  };
  if (!isAway) await connect();
  const came = () =>
    server.taken
      .filter(({ event }) => !event.startsWith('mark-'))
      .map(({ event, args }) => [event, ...args]);
  return { server, made, connect, came };
}

/** What a message looks like that has an id. */
const named = (data, id) => ({ ...data, _tempId: id });

test('a message without a payload has no argument', async (t) => {
  const { server, made, came } = await setUp(t);
  await made.send('refresh');
  await made.send('refresh', undefined);
  await made.send('refresh', undefined, { ackTimeoutMs: 1000 });
  await made.send('refresh', undefined, { rest: [] });
  await made.send('refresh', null);
  assert.deepEqual(came(), [...Array(4).fill(['refresh']), ['refresh', null]]);
  assert.ok(
    server.taken.every(({ ack }) => ack),
    'each wants an acknowledgement',
  );
});

test('several arguments arrive as they were given, in their order', async (t) => {
  const { made, came } = await setUp(t);
  await made.send('beats', 7, { rest: [24] });
  await made.send('beats', { _tempId: 'a', n: 1 }, { rest: ['two', { three: [3] }, null, false] });
  assert.deepEqual(came(), [
    ['beats', 7, 24],
    ['beats', { _tempId: 'a', n: 1 }, 'two', { three: [3] }, null, false],
  ]);
});

test('several arguments arrive as plain socket.io-client delivers them', async (t) => {
  const { server, made, came } = await setUp(t);
  const raw = io(server.url, { transports: ['websocket'], forceNew: true });
  t.after(() => raw.disconnect());
  const sparse = ['first'];
  sparse[2] = 'third';
  for (const [first, ...rest] of [
    [undefined, 24],
    [7, undefined, 24],
    [7, undefined],
    [7, Number.NaN, new Date(0), new Map()],
    [Buffer.from('a'), new Uint8Array([1]), { deep: Buffer.from('b') }],
    [[1], [sparse], 'text'],
  ]) {
    await made.send('beats', first, { rest });
    await raw.emitWithAck('beats', first, ...rest);
    const [ours, plain] = came().slice(-2);
    assert.deepEqual(ours, plain);
  }
  await made.send('beats', 0, { rest: sparse });
  assert.deepEqual(came().at(-1), ['beats', 0, 'first', null, 'third']);
});

test('a value that is no options object is refused with an explanation', async (t) => {
  const { made, came } = await setUp(t);
  const mistakes = [24, 0, 'text', '', false, true, 5n, [24], new Date(), new Map(), () => {}];
  for (const mistake of mistakes) {
    for (const way of [undefined, 'volatile', 'latest']) {
      const { send } = way ? await setUpWay(t, way) : made;
      await assert.rejects(async () => send('beats', 7, mistake), {
        name: 'HoldfastError',
        code: 'INVALID_OPTION',
        message: /^send: the options got .* rest: \[.* promise/,
      });
    }
  }
  await assert.rejects(
    made.send('beats', 7, {}, () => {}),
    {
      code: 'INVALID_OPTION',
      message: /^send: the fourth argument got a function; .* rest: \[.* promise/,
    },
  );
  await assert.rejects(made.send('beats', 7, undefined, 24), { code: 'INVALID_OPTION' });
  await assert.rejects(made.send('move', { x: 1 }, { y: 2 }), {
    code: 'INVALID_OPTION',
    message: /^send: y got 2|number; .*rest/,
  });
  await assert.rejects(
    made.send('refresh', () => {}),
    { code: 'INVALID_MESSAGE_PAYLOAD', message: /function.*promise/ },
  );
  for (const rest of ['text', 24, {}, null, new Set([1]), { length: 1, 0: 24 }]) {
    await assert.rejects(made.send('beats', 7, { rest }), {
      code: 'INVALID_OPTION',
      message: /^send: rest got .* a list/,
    });
  }
  assert.deepEqual([came(), made.outbox()], [[], []]);
  await made.send('beats', 7, null);
  await made.send('beats', 7, undefined, undefined);
  await made.send('beats', 7, Object.create(null));
  assert.equal(came().length, 3);
});

const setUpWay = async (t, way) =>
  (await setUp(t, { ways: { beats: way } }, { isAway: true })).made;

test('an argument that cannot be sent is refused like a payload, at any index', async (t) => {
  const { made, came } = await setUp(t);
  const cycle = {};
  cycle.self = cycle;
  const bad = {
    'a getter that throws': {
      get text() {
        throw new Error('out of reach');
      },
    },
    'a function': () => {},
    'a symbol': Symbol('s'),
    'a BigInt': 1n,
    'a cycle': cycle,
    'a DOM node': { nodeType: 1, nodeName: 'DIV' },
    'a toJSON that answers nothing': { toJSON() {} },
  };
  for (const [name, value] of Object.entries(bad)) {
    for (const rest of [[value], [1, value], [value, 1]]) {
      const sent = made.send('beats', { _tempId: 'mine' }, { rest });
      const why = { name: 'DeliveryError', code: 'INVALID_MESSAGE_PAYLOAD', id: 'mine' };
      await assert.rejects(sent, why, name);
    }
  }
  const throwing = [1];
  Object.defineProperty(throwing, 0, { get: () => assert.fail('not this one') });
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  for (const rest of [throwing, proxy]) {
    await assert.rejects(made.send('beats', 7, { rest }), { code: 'INVALID_OPTION' });
  }
  assert.deepEqual([came(), made.outbox()], [[], []]);
});

test('a waiting message is a copy of all arguments, and the id is written into the first one only', async (t) => {
  const { made, connect, came } = await setUp(t, {}, { isAway: true });
  const [first, second] = [{ n: 1 }, { n: 2, bytes: new Uint8Array([1, 2]) }];
  const rest = [second, 'third'];
  const sent = made.send('beats', first, { id: 'x', rest });
  const none = made.send('refresh');
  first.n = second.n = 9;
  second.bytes.fill(9);
  rest.push('late');
  const [shown, empty] = made.outbox();
  assert.deepEqual(shown.data, named({ n: 1 }, 'x'));
  assert.deepEqual(shown.rest, [{ n: 2, bytes: new Uint8Array([1, 2]) }, 'third']);
  assert.deepEqual([empty.data, empty.rest], [undefined, []]);
  shown.rest[0].n = shown.data.n = 9;
  await connect();
  await Promise.all([sent, none]);
  assert.deepEqual(came(), [
    ['beats', named({ n: 1 }, 'x'), { n: 2, bytes: Buffer.from([1, 2]) }, 'third'],
    ['refresh'],
  ]);
  assert.deepEqual(Object.keys(first), ['n'], 'nothing was written to it');
});

test('messages with one id are equal only if all arguments are equal', async (t) => {
  const { made, connect, came } = await setUp(t, {}, { isAway: true });
  const once = { id: 'x', rest: [1, { a: 2 }] };
  const first = made.send('beats', { n: 1 }, once);
  const again = made.send('beats', { n: 1 }, { id: 'x', rest: [1, { a: 2 }] });
  for (const rest of [undefined, [], [1], [1, { a: 3 }], [{ a: 2 }, 1], [1, { a: 2 }, null]]) {
    await assert.rejects(made.send('beats', { n: 1 }, { id: 'x', rest }), { code: 'DUPLICATE_ID' });
  }
  const none = made.send('refresh', undefined, { id: 'y' });
  const joined = made.send('refresh', undefined, { id: 'y' });
  await assert.rejects(made.send('refresh', null, { id: 'y' }), { code: 'DUPLICATE_ID' });
  await connect();
  await Promise.all([first, again, none, joined]);
  assert.deepEqual(came(), [['beats', named({ n: 1 }, 'x'), 1, { a: 2 }], ['refresh']]);
});

test('all arguments count towards the limit of the queue', async (t) => {
  const { made } = await setUp(t, { queue: { maxBytes: 1000 } }, { isAway: true });
  const half = 'x'.repeat(600);
  const tooLarge = { code: 'PAYLOAD_TOO_LARGE', message: /1000 bytes/ };
  await assert.rejects(made.send('beats', half, { rest: [half] }), tooLarge);
  await assert.rejects(made.send('beats', 1, { rest: Array(300).fill(undefined) }), tooLarge);
  const kept = made.send('beats', half, { rest: ['x'.repeat(300)] });
  await assert.rejects(made.send('beats', half), { code: 'QUEUE_FULL' });
  made.destroy();
  await assert.rejects(kept, { code: 'CLOSED' });
});

test('a message above the size limit of the server is refused, whichever argument is too large', async (t) => {
  const { server, made, came } = await setUp(t);
  for (const large of ['x'.repeat(1e6), new Uint8Array(1_000_001), '\0'.repeat(200_000)]) {
    const why = { code: 'PAYLOAD_TOO_LARGE', maybeDelivered: false };
    await assert.rejects(made.send('beats', { n: 1 }, { rest: [2, large] }), why);
    await assert.rejects(
      made.send('beats', { n: 1 }, { rest: [large], way: 'received' }),
      why,
      'received',
    );
    made.send('beats', 7, { way: 'latest', rest: [large] });
  }
  const parts = Array(3).fill('x'.repeat(300_000));
  await made.send('beats', 1, { rest: parts });
  assert.deepEqual(came(), [['beats', 1, ...parts]]);
  await assert.rejects(made.send('beats', 1, { rest: [...parts, parts[0]] }), {
    code: 'PAYLOAD_TOO_LARGE',
  });
  assert.equal(server.connections, 1, 'the link lived on');
});

test('a repeated message has all of its arguments, and one that carries no id is sent once', async (t) => {
  let left = 1;
  const take = ({ ack }) => {
    left -= 1;
    if (left >= 0) ack({ error: 'BUSY' });
    else if (left === -1) ack({ success: true });
  };
  const { server, made, came } = await setUp(t, { receipts: false }, { take });
  await made.send('beats', { n: 1 }, { id: 'x', rest: [2] });
  assert.deepEqual(came(), Array(2).fill(['beats', named({ n: 1 }, 'x'), 2]));

  // The link goes while these are unanswered. Whether they came, nobody can tell.
  server.taken.length = 0;
  const lost = { code: 'LINK_LOST', maybeDelivered: true };
  const doubtful = [made.send('refresh'), made.send('beats', 7, { rest: [{ n: 1 }] })].map((one) =>
    assert.rejects(one, lost),
  );
  await until(() => came().length === 2, 'they came');
  const sockets = server.connections;
  server.io.disconnectSockets(true);
  await Promise.all(doubtful);
  await until(() => server.connections > sockets && made.getState().isReady, 'back');
  await roundTrip(server, made.socket);
  assert.deepEqual(came(), [['refresh'], ['beats', 7, { n: 1 }]], 'neither came twice');
});

test('every mode of delivery carries all arguments, and the first one determines keys and lanes', async (t) => {
  const asked = [];
  const lane = (data) => {
    asked.push(data);
    return data.room;
  };
  const ways = { cursor: { way: 'latest', key: ({ id }) => id }, typing: 'volatile' };
  const { server, made, connect, came } = await setUp(
    t,
    { ways, send: { lane } },
    { isAway: true },
  );
  made.send('typing', 'a', { rest: ['dropped'] });
  made.send('cursor', { id: 1 }, { rest: ['old'] });
  made.send('cursor', { id: 2 }, { rest: ['other'] });
  made.send('cursor', { id: 1 }, { rest: ['new'] });
  const sent = made.send('beats', { room: 'a', _tempId: 'x' }, { rest: [{ room: 'b' }] });
  const none = made.send('refresh');
  assert.deepEqual(
    made
      .outbox()
      .map(({ event, lane: of }) => [event, of])
      .slice(-2),
    [
      ['beats', 'a'],
      ['refresh', ''],
    ],
  );
  assert.deepEqual(
    asked,
    [{ room: 'a', _tempId: 'x' }],
    'where there is no payload nobody is asked',
  );
  await connect();
  await Promise.all([sent, none]);
  assert.equal(made.send('typing', 'a', { rest: [{ b: 1 }, undefined] }), undefined);
  assert.equal(made.send('typing'), undefined);
  await made.send('note', { n: 1 }, { way: 'received', rest: ['more'] });
  await made.send('note', undefined, { way: 'received' });
  await roundTrip(server, made.socket);
  const byEvent = groupBy(came());
  assert.deepEqual(byEvent.cursor.map(([, ...args]) => args).sort(), [
    [{ id: 1 }, 'new'],
    [{ id: 2 }, 'other'],
  ]);
  assert.deepEqual(byEvent.typing, [['typing', 'a', { b: 1 }, null], ['typing']]);
  assert.deepEqual(byEvent.note, [['note', { n: 1 }, 'more'], ['note']]);
  assert.deepEqual(byEvent.beats, [['beats', { room: 'a', _tempId: 'x' }, { room: 'b' }]]);
});

const groupBy = (all) =>
  Object.fromEntries(all.map(([name]) => [name, all.filter(([event]) => event === name)]));
