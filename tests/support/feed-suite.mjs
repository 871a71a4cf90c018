// The requirements of docs/protocol.md for every server with feeds, tested with raw events over a plain socket.io-client and
// without any code of the package. The server may run in this process or in another one, in any language.
//
// Requirements for the server under test:
// - The user of a connection is `auth.userId` of its handshake. A connection without it has no user. Each connection of
//   a user is in the room `user_<id>` from the start.
// - Everybody may read rooms whose name begins with `open`, until `control:deny`. Nobody may read any other room.
// - The store keeps 50 items of a feed.
// - The server handles the events below on any connection, and acknowledges each, with any value, once it is done:
//
// | event | data | what it does |
// | --- | --- | --- |
// | `control:publish` | `{ user?, room?, event, args }` | publishes to the feed of the user or of the room; done once it is stored |
// | `control:revoke` | `{ room, user }` | revokes the right of the user's connections to read the room's feed |
// | `control:deny` | `{ room }` | from now on nobody may begin to read the room's feed |
// | `control:join` | `{ room }` | puts this connection into the plain room, as an app's own join does |

import assert from 'node:assert/strict';
import test from 'node:test';
import { io } from 'socket.io-client';
import { atEnd } from './at-end.mjs';
import { until } from './until.mjs';

/** The number of items that the store of a server under test keeps for a feed. */
export const KEPT = 50;

const OFFSET = /^(0|[1-9][0-9]*)\.[0-9a-z]{6,}$/;

/**
 * Registers the suite's tests.
 *
 * @param {object} options
 * @param {string} options.name the server's name, for the names of the tests
 * @param {(t: import('node:test').TestContext) => Promise<{ url: string }>} options.startServer starts a new server,
 *   which ends with the test
 * @param {string | false} [options.skip] why it cannot run on this machine
 * @param {boolean} [options.binary] false if the server supports JSON only
 */
export function feedSuite({ name, startServer, skip = false, binary = true }) {
  /** @param {string} title @param {(world: World, t: import('node:test').TestContext) => Promise<void>} run */
  const check = (title, run) =>
    test(`${name}: ${title}`, { skip, timeout: 60_000 }, async (t) => {
      const { url } = await startServer(t);
      await run(new World(t, url), t);
    });

  for (const transport of ['websocket', 'polling']) {
    check(`feeds are announced once on each connection over ${transport}`, async (world) => {
      const link = await world.dial('ann', { transports: [transport] });
      await until(() => link.announced.length > 0, 'the announcement');
      await link.read(null, null);
      link.socket.disconnect().connect();
      await until(() => link.announced.length > 1, 'the announcement on the second connection');
      await link.read(null, null);
      assert.deepEqual(link.announced, [1, 1]);
    });

    check(`a live item names the offset before it, over ${transport}`, async (world) => {
      const link = await world.dial('ann', { transports: [transport] });
      const { end } = await link.read(null, null);
      await world.publish({ user: 'ann' }, 'message:new', { text: 'one' }, 2, null, [true]);
      await world.publish({ user: 'ann' }, 'empty');
      await until(() => link.items.length === 2, 'both items');
      const [one, two] = link.items;
      assert.deepEqual([one.feed, one.before, one.event], [null, end, 'message:new']);
      assert.deepEqual(one.args, [{ text: 'one' }, 2, null, [true]]);
      assert.deepEqual([two.before, two.event, two.args], [one.offset, 'empty', []]);
      assert.deepEqual([numberOf(one.offset), numberOf(two.offset)], [1, 2]);
    });
  }

  check('a feed without items has an offset, which is the same at each read', async (world) => {
    const link = await world.dial('ann');
    const first = await link.read(null, null);
    assert.deepEqual(first, { items: [], end: first.end });
    assert.match(first.end, OFFSET);
    assert.equal(numberOf(first.end), 0);
    assert.deepEqual(await link.read(null, null), first);
    assert.deepEqual(await link.read(null, first.end), first);
    const other = await world.dial('ann');
    assert.deepEqual(await other.read(null, null), first);
  });

  check('the first item of a feed that nobody has read has the number 1', async (world) => {
    await world.publish({ user: 'ann' }, 'early', 1);
    await world.publish({ user: 'ann' }, 'early', 2);
    const link = await world.dial('ann');
    const { items, end } = await link.read(null, null);
    assert.deepEqual(items, [], 'a client without a position begins at the end');
    assert.equal(numberOf(end), 2);
  });

  check('a client that comes back reads the items that it missed, in order', async (world) => {
    const link = await world.dial('ann');
    const { end: start } = await link.read(null, null);
    link.socket.disconnect();
    for (let n = 0; n < 20; n += 1) await world.publish({ user: 'ann' }, 'n', n, { deep: [n] });
    const next = await world.dial('ann');
    const { items, end } = await next.readAll(null, start);
    assert.deepEqual(
      items.map(([, event, ...args]) => [event, ...args]),
      upTo(20).map((n) => ['n', n, { deep: [n] }]),
    );
    const offsets = items.map(([offset]) => offset);
    assert.deepEqual(
      offsets.map(numberOf),
      upTo(20).map((n) => n + 1),
    );
    assert.equal(new Set(offsets).size, 20);
    for (const offset of offsets) assert.match(offset, OFFSET);
    assert.equal(end, offsets.at(-1));

    // Reading from any position of the chain leads to the same end.
    const { items: rest } = await next.readAll(null, offsets[9]);
    assert.deepEqual(rest, items.slice(10));
    assert.deepEqual(await next.read(null, end), { items: [], end });
    // Live items continue from that end.
    await world.publish({ user: 'ann' }, 'n', 20);
    await until(() => next.items.length === 1, 'the live item');
    assert.equal(next.items[0].before, end);
  });

  check('reading returns the same items as arrived live', async (world) => {
    const link = await world.dial('ann');
    const { end: start } = await link.read(null, null);
    for (let n = 0; n < 10; n += 1) await world.publish({ user: 'ann' }, 'n', n);
    await until(() => link.items.length === 10, 'ten items');
    const { items } = await link.readAll(null, start);
    assert.deepEqual(
      items,
      link.items.map(({ offset, event, args }) => [offset, event, ...args]),
    );
  });

  check('concurrent publishes arrive in the order of their offsets', async (world) => {
    const link = await world.dial('ann');
    let { end } = await link.read(null, null);
    await Promise.all(upTo(40).map((n) => world.publish({ user: 'ann' }, 'n', n)));
    await until(
      () => link.items.length === 40,
      () => `40 items, so far ${link.items.length}`,
    );
    for (const { before, offset } of link.items) {
      assert.equal(before, end);
      end = offset;
    }
    assert.deepEqual(
      link.items.map(({ args: [n] }) => n).sort((a, b) => a - b),
      upTo(40),
    );
  });

  check(
    'reading from a trimmed position is a reset, and reading from the end continues',
    async (world) => {
      const link = await world.dial('ann');
      const { end: start } = await link.read(null, null);
      for (let n = 0; n < KEPT + 20; n += 1) await world.publish({ user: 'ann' }, 'n', n);
      await until(() => link.items.length === KEPT + 20, 'all items live');
      const offsets = link.items.map(({ offset }) => offset);
      for (const lost of [start, offsets[0], offsets[10]]) {
        assert.deepEqual(await link.read(null, lost), { reset: 'trimmed', end: offsets.at(-1) });
      }
      const { items, end } = await link.readAll(null, offsets[30]);
      assert.deepEqual(
        items.map(([offset]) => offset),
        offsets.slice(31),
      );
      assert.equal(end, offsets.at(-1));
    },
  );

  check('reading from a position that was never in this chain is a reset', async (world) => {
    const link = await world.dial('ann');
    for (let n = 0; n < 5; n += 1) await world.publish({ user: 'ann' }, 'n', n);
    const { end } = await link.read(null, null);
    for (const strange of ['3.zzzzzz', '5.zzzzzz', '6.zzzzzz', '9007199254740991.zzzzzz']) {
      assert.deepEqual(await link.read(null, strange), { reset: 'replaced', end }, strange);
    }
    // A position of another feed is not in this chain either.
    const other = await world.dial('bob');
    const { end: foreign } = await other.read(null, null);
    await world.publish({ user: 'bob' }, 'n', 0);
    await until(() => other.items.length === 1, 'the item of bob');
    const { reset } = await link.read(null, other.items[0].offset);
    assert.equal(reset, 'replaced');
    assert.notEqual(foreign.split('.')[1], end.split('.')[1]);
  });

  check('a large gap is read in pages up to the end', async (world) => {
    const link = await world.dial('ann');
    const { end: start } = await link.read(null, null);
    link.socket.disconnect();
    const text = 'x'.repeat(20_000);
    for (let n = 0; n < KEPT; n += 1) await world.publish({ user: 'ann' }, 'n', n, text);
    const next = await world.dial('ann');
    const { items, pages } = await next.readAll(null, start);
    assert.deepEqual(
      items.map(([, , n]) => n),
      upTo(KEPT),
    );
    assert.ok(items.every(([, , , sent]) => sent === text));
    assert.ok(pages > 1, `1 MB came in ${pages} answer`);
  });

  check('a user receives only the items of their own feed, on every connection', async (world) => {
    const [ann, annAgain, bob] = [
      await world.dial('ann'),
      await world.dial('ann'),
      await world.dial('bob'),
    ];
    for (const link of [ann, annAgain, bob]) await link.read(null, null);
    await world.publish({ user: 'ann' }, 'for', 'ann');
    await world.publish({ user: 'bob' }, 'for', 'bob');
    await until(
      () => ann.items.length && annAgain.items.length && bob.items.length,
      'an item each',
    );
    for (const link of [ann, annAgain, bob]) await link.read(null, null);
    assert.deepEqual(annAgain.items, ann.items);
    assert.deepEqual(
      [ann, bob].map(({ items }) => items.map(({ args }) => args)),
      [[['ann']], [['bob']]],
    );
  });

  check('a connection without a user has no feed of its own', async (world) => {
    const nobody = await world.dial(undefined);
    for (const position of [null, '0.aaaaaa']) {
      assert.equal((await nobody.read(null, position)).code, 'FORBIDDEN');
    }
    for (const user of ['undefined', 'null', '']) {
      await world.tryPublish({ user }, 'for', user);
    }
    await nobody.read(null, null);
    assert.deepEqual([nobody.items, nobody.plain], [[], []]);
  });

  check(
    'a connection that reads receives items, and one that does not read receives plain events',
    async (world) => {
      const reader = await world.dial('ann');
      const plain = await world.dial('ann');
      await reader.read(null, null);
      await world.publish({ user: 'ann' }, 'message:new', { text: 'hello' }, 7);
      await until(() => plain.plain.length && reader.items.length, 'one each');
      for (const link of [reader, plain]) await link.barrier();
      assert.deepEqual(plain.plain, [['message:new', { text: 'hello' }, 7]]);
      assert.deepEqual(plain.items, []);
      assert.deepEqual(reader.plain, []);
      assert.equal(reader.items.length, 1);
    },
  );

  check(
    'a client that announces feeds receives no plain events for its user before it reads',
    async (world) => {
      const { end } = await (await world.dial('ann')).read(null, null);
      const reader = await world.dial('ann', { query: { holdfast: 'feeds' } });
      const plain = await world.dial('ann', { query: { holdfast: 'other' } });
      await world.publish({ user: 'ann' }, 'n', 1);
      await until(() => plain.plain.length === 1, 'the plain event');
      await reader.barrier();
      assert.deepEqual([reader.plain, reader.items], [[], []]);
      const { items } = await reader.readAll(null, end);
      assert.deepEqual(
        items.map(([, event, ...args]) => [event, ...args]),
        [['n', 1]],
      );
      await world.publish({ user: 'ann' }, 'n', 2);
      await until(() => reader.items.length === 1, 'the item');
      assert.deepEqual(reader.plain, []);
    },
  );

  check(
    'in a room, a connection that reads receives items, and one that does not read receives plain events',
    async (world) => {
      const [reader, plain, stranger] = [
        await world.dial('ann'),
        await world.dial('bob'),
        await world.dial('eve'),
      ];
      for (const link of [reader, plain]) {
        await link.socket.emitWithAck('control:join', { room: 'open-1' });
      }
      await reader.read('open-1', null);
      await world.publish({ room: 'open-1' }, 'changed', 1);
      await until(() => plain.plain.length && reader.items.length, 'one each');
      for (const link of [reader, plain, stranger]) await link.barrier();
      assert.deepEqual(plain.plain, [['changed', 1]]);
      assert.deepEqual(
        reader.items.map(({ feed, event, args }) => [feed, event, args]),
        [['open-1', 'changed', [1]]],
      );
      assert.deepEqual([reader.plain, plain.items], [[], []]);
      assert.deepEqual([stranger.plain, stranger.items], [[], []]);
    },
  );

  check(
    "a connection that leaves a room's feed receives plain events again, and may read again",
    async (world) => {
      const link = await world.dial('ann');
      await link.socket.emitWithAck('control:join', { room: 'open-1' });
      const { end } = await link.read('open-1', null);
      for (const wrong of [undefined, null, 5, {}, '', 'open-2'])
        link.socket.emit('holdfast:leave', wrong);
      await world.publish({ room: 'open-1' }, 'n', 1);
      await until(() => link.items.length === 1, 'it still reads');
      link.socket.emit('holdfast:leave', 'open-1');
      await link.barrier();
      await world.publish({ room: 'open-1' }, 'n', 2);
      await until(() => link.plain.length === 1, 'the plain event');
      assert.deepEqual(link.plain, [['n', 2]]);
      const { items } = await link.readAll('open-1', end);
      assert.deepEqual(
        items.map(([, event, ...args]) => [event, ...args]),
        [
          ['n', 1],
          ['n', 2],
        ],
      );
      await world.publish({ room: 'open-1' }, 'n', 3);
      await until(() => link.items.length === 2, 'it reads again');
      assert.equal(link.plain.length, 1);
    },
  );

  check('only a client that the server allows may read a room', async (world) => {
    const ann = await world.dial('ann');
    const { end } = await ann.read('open-1', null);
    const refused = await ann.read('closed-1', null);
    assert.equal(refused.code, 'FORBIDDEN');
    assert.equal(typeof refused.error, 'string');
    assert.equal('end' in refused || 'items' in refused, false);
    assert.equal((await ann.read('closed-1', end)).code, 'FORBIDDEN');
    await world.publish({ room: 'closed-1' }, 'secret', 1);
    await world.publish({ room: 'open-1' }, 'public', 2);
    await until(() => ann.items.length === 1, 'the item of the open room');
    await ann.barrier();
    assert.deepEqual(
      ann.items.map(({ feed, before, args }) => [feed, before, args]),
      [['open-1', end, [2]]],
    );
  });

  check('a room with the name of a user is another feed', async (world) => {
    const ann = await world.dial('open-ann');
    const own = await ann.read(null, null);
    const room = await ann.read('open-ann', null);
    assert.notEqual(own.end, room.end);
    await world.publish({ user: 'open-ann' }, 'to', 'user');
    await world.publish({ room: 'open-ann' }, 'to', 'room');
    await until(() => ann.items.length === 2, 'both items');
    assert.deepEqual(
      ann.items.map(({ feed, before, args }) => [feed, before, args]),
      [
        [null, own.end, ['user']],
        ['open-ann', room.end, ['room']],
      ],
    );
    for (const name of ['user_ann', 'u:ann', 'ann', 'null']) {
      assert.equal((await ann.read(name, null)).code, 'FORBIDDEN', name);
    }
  });

  check('the server is asked once per connection whether it may read a room', async (world) => {
    const ann = await world.dial('ann');
    await ann.read('open-1', null);
    await world.control('control:deny', { room: 'open-1' });
    assert.ok((await ann.read('open-1', null)).end, 'this connection was allowed before');
    await world.publish({ room: 'open-1' }, 'n', 1);
    await until(() => ann.items.length === 1, 'the item');
    ann.socket.disconnect().connect();
    await until(() => ann.announced.length > 1, 'the second connection');
    assert.equal((await ann.read('open-1', null)).code, 'FORBIDDEN');
    await world.publish({ room: 'open-1' }, 'n', 2);
    await ann.barrier();
    assert.equal(ann.items.length, 1);
  });

  check('revoking a right ends live items and reading for that user only', async (world) => {
    const [ann, annAgain, bob] = [
      await world.dial('ann'),
      await world.dial('ann'),
      await world.dial('bob'),
    ];
    for (const link of [ann, annAgain, bob]) {
      await link.socket.emitWithAck('control:join', { room: 'open-1' });
      await link.read('open-1', null);
    }
    const { end: own } = await ann.read(null, null);
    await world.control('control:deny', { room: 'open-1' });
    await world.control('control:revoke', { room: 'open-1', user: 'ann' });
    await world.publish({ room: 'open-1' }, 'n', 1);
    await until(() => bob.items.length === 1, 'the item for bob');
    for (const link of [ann, annAgain]) {
      assert.equal((await link.read('open-1', null)).code, 'FORBIDDEN');
      assert.deepEqual([link.items, link.plain], [[], []]);
    }
    // The user's own feed continues.
    assert.deepEqual(await ann.read(null, own), { items: [], end: own });
    await world.publish({ user: 'ann' }, 'n', 2);
    await until(() => ann.items.length === 1, 'the item of the own feed');
  });

  check('an invalid read is answered INVALID and changes nothing', async (world) => {
    const ann = await world.dial('ann');
    const { end } = await ann.read(null, null);
    const feeds = [0, 1, true, false, {}, [], ['open-1'], '', 'x'.repeat(501), { toString: 'x' }];
    for (const feed of feeds) {
      assert.equal((await ann.read(feed, null)).code, 'INVALID', JSON.stringify(feed));
    }
    const positions = [
      ...[
        0,
        1,
        Number.NaN,
        true,
        false,
        {},
        [],
        [end],
        { offset: end },
        '',
        '.',
        '1',
        '1.',
        '.aaaaaa',
      ],
      ...['-1.aaaaaa', '1e3.aaaaaa', '1.5.aaaaaa', 'NaN.aaaaaa', 'Infinity.aaaaaa', '0x1.aaaaaa'],
      ...[' 1.aaaaaa', '1.aaaaaa ', '1.aaa aa', '1.aaaaa\n', '1,aaaaaa', `1.${'a'.repeat(5000)}`],
      ...['1.<script>', '1.aaaaaa.b', '١.aaaaaa'],
    ];
    for (const position of positions) {
      // JSON has no NaN: it arrives as null, which is a valid position.
      if (Number.isNaN(position)) continue;
      const { code, items } = await ann.read(null, position);
      assert.equal(code, 'INVALID', JSON.stringify(position).slice(0, 40));
      assert.equal(items, undefined);
    }
    // The number has too many digits: the server may answer that it is invalid or that there is no such item.
    const huge = await ann.read(null, `${'9'.repeat(60)}.aaaaaa`);
    assert.ok(huge.code === 'INVALID' || huge.reset === 'replaced', JSON.stringify(huge));
    // Too few arguments, too many arguments, and no acknowledgement.
    assert.equal((await ann.socket.timeout(5000).emitWithAck('holdfast:read')).code, 'INVALID');
    for (const args of [
      [],
      [null],
      [null, null],
      [{}, {}],
      ['open-1', null],
      [null, end, 'more'],
    ]) {
      ann.socket.emit('holdfast:read', ...args);
    }
    assert.deepEqual(await ann.read(null, end), { items: [], end });
    assert.equal((await ann.read('open-1', null)).items.length, 0);
  });

  check('a thousand reads at once are all answered, and so is the next one', async (world) => {
    const ann = await world.dial('ann');
    await ann.read(null, null);
    await world.publish({ user: 'ann' }, 'n', 0);
    await until(() => ann.items.length === 1, 'the item');
    const { before, offset } = ann.items[0];
    const answers = await Promise.all(upTo(1000).map(() => ann.read(null, before)));
    const whole = { items: [[offset, 'n', 0]], end: offset };
    for (const answer of answers) {
      if (answer.code !== 'UNAVAILABLE') assert.deepEqual(answer, whole);
    }
    assert.ok(answers.some(({ items }) => items));
    assert.deepEqual(await ann.read(null, before), whole);
  });

  if (binary) {
    check('binary arguments arrive unchanged, live and stored', async (world) => {
      const ann = await world.dial('ann');
      const { end } = await ann.read(null, null);
      const bytes = Buffer.from([0, 1, 127, 128, 255]);
      await world.publish(
        { user: 'ann' },
        'bytes',
        bytes,
        { in: [bytes, 'text'] },
        Buffer.alloc(0),
      );
      await until(() => ann.items.length === 1, 'the item');
      const { items } = await ann.read(null, end);
      for (const args of [ann.items[0].args, items[0].slice(2)]) {
        assert.deepEqual(args.map(plainBytes), [[...bytes], { in: [[...bytes], 'text'] }, []]);
      }
    });
  }

  check('any text and any JSON value arrives unchanged', async (world) => {
    const ann = await world.dial('ann');
    const { end } = await ann.read(null, null);
    const args = [
      ...['', '\u0000\u2028\u2029"\\', '🦀', 'é'.repeat(3000), 'null', '0.aaaaaa'],
      ...[0, -1.5, 1e21, true, false, null, [], {}, [[[]]], { '': { __proto__x: [null] } }],
      { _placeholder: 'x', num: 0 },
    ];
    await world.publish({ user: 'ann' }, 'ünüsual event:\u2028', ...args);
    await until(() => ann.items.length === 1, 'the item');
    const { items } = await ann.read(null, end);
    assert.deepEqual([ann.items[0].event, ann.items[0].args], ['ünüsual event:\u2028', args]);
    assert.deepEqual(items[0].slice(1), ['ünüsual event:\u2028', ...args]);
  });

  check(
    'each item arrives once and in order while clients reconnect during a stream',
    async (world) => {
      const COUNT = 400;
      const followers = upTo(3).map((n) => new Follower(world, 'ann', n === 2 ? 'open-1' : null));
      for (const follower of followers) await follower.start();
      let isDone = false;
      // Publish only while no listener is so far behind that its items are trimmed.
      const isNear = (n) => followers.every(({ called }) => called.length > n - KEPT / 2);
      const publishing = (async () => {
        for (let n = 0; n < COUNT; n += 1) {
          await until(() => isNear(n), `the listeners are near item ${n}`, 30_000, 1);
          const one = world.publish({ user: 'ann' }, 'n', n);
          await Promise.all([one, world.publish({ room: 'open-1' }, 'n', n)]);
        }
      })().finally(() => {
        isDone = true;
      });
      while (!isDone) {
        for (const follower of followers) {
          const seen = follower.called.length;
          await follower.reconnect();
          await until(() => isDone || follower.called.length > seen + 10, 'it goes on', 30_000, 1);
        }
      }
      await publishing;
      for (const follower of followers) {
        await until(
          () => follower.called.length >= COUNT,
          () => `all ${COUNT} items, so far ${follower.called.length}`,
        );
        await follower.link.barrier();
        assert.deepEqual(follower.resets, []);
        assert.deepEqual(follower.called, upTo(COUNT));
      }
    },
  );
}

/** One server under test, and the test's commands for it. */
class World {
  #t;
  #url;
  #control;

  constructor(t, url) {
    this.#t = t;
    this.#url = url;
  }

  /** Connects as a user, or without a user. */
  async dial(userId, { transports = ['websocket'], query = {} } = {}) {
    const auth = userId === undefined ? {} : { userId };
    const socket = io(this.#url, { auth, query, forceNew: true, reconnection: false, transports });
    atEnd(this.#t, () => socket.disconnect());
    const link = new Link(socket);
    await until(() => link.announced.length > 0, 'holdfast:feeds on a new connection');
    return link;
  }

  async control(event, data) {
    this.#control ??= await this.dial(undefined);
    return this.#control.socket.timeout(10_000).emitWithAck(event, data);
  }

  publish(to, event, ...args) {
    return this.control('control:publish', { ...to, event, args });
  }

  /** Like `publish`, where the server may refuse with or without an answer. */
  async tryPublish(to, event, ...args) {
    this.#control ??= await this.dial(undefined);
    this.#control.socket.emit('control:publish', { ...to, event, args }, () => {});
    await this.#control.barrier();
  }
}

/** One connection, and everything that arrived on it. */
class Link {
  /** The argument of each `holdfast:feeds`. */
  announced = [];
  /** @type {{ feed: string | null, before: string, offset: string, event: string, args: unknown[] }[]} */
  items = [];
  /** Every other event, with its arguments. */
  plain = [];
  onitem = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.onAny((event, ...args) => {
      if (event === 'holdfast:feeds') {
        this.announced.push(args[0]);
      } else if (event === 'holdfast:item') {
        const [feed, before, offset, name, ...more] = args;
        const item = { feed, before, offset, event: name, args: more };
        this.items.push(item);
        this.onitem(item);
      } else {
        this.plain.push([event, ...args]);
      }
    });
  }

  /** Reads once, and returns the answer. */
  read(feed, position) {
    return this.socket.timeout(15_000).emitWithAck('holdfast:read', feed, position);
  }

  /** Reads up to the end. @returns {Promise<{ items: unknown[][], end: string, pages: number }>} */
  async readAll(feed, position) {
    const all = [];
    for (let pages = 1; ; pages += 1) {
      const answer = await this.read(feed, position);
      assert.ok(answer.items, `items, got ${JSON.stringify(answer)}`);
      all.push(...answer.items);
      position = answer.items.at(-1)?.[0] ?? position;
      if (position === answer.end) return { items: all, end: answer.end, pages };
      assert.notEqual(answer.items.length, 0, 'an answer before the end brings items');
    }
  }

  /** Resolves when everything that the server sent earlier on this connection has arrived. */
  async barrier() {
    await this.read('', null);
  }
}

/** A client that follows a feed as the protocol describes it, and records each item that it delivers. */
class Follower {
  called = [];
  resets = [];
  #world;
  #user;
  #feed;
  #position = null;
  #kept = new Map();
  #reading = false;

  constructor(world, user, feed) {
    this.#world = world;
    this.#user = user;
    this.#feed = feed;
  }

  async start() {
    await this.reconnect();
  }

  async reconnect() {
    this.link?.socket.disconnect();
    const link = await this.#world.dial(this.#user);
    this.link = link;
    this.#reading = false;
    link.onitem = (item) => {
      if (item.feed !== this.#feed || link !== this.link) return;
      this.#kept.set(item.before, item);
      this.#look();
      if (this.#kept.size > 0) this.#read();
    };
    await this.#read();
  }

  /** Delivers the items that follow the position. */
  #look() {
    for (;;) {
      const next = this.#kept.get(this.#position);
      if (next) this.#call(next.offset, next.args);
      for (const [before, { offset }] of this.#kept) {
        if (numberOf(offset) <= numberOf(this.#position ?? '0.x')) this.#kept.delete(before);
      }
      if (!next) return;
    }
  }

  #call(offset, [n]) {
    this.#position = offset;
    this.called.push(n);
  }

  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    const { link } = this;
    for (;;) {
      const from = this.#position;
      const answer = await link.read(this.#feed, from).catch(() => null);
      if (!answer || link !== this.link) return;
      if (answer.reset) this.resets.push(answer.reset);
      if (answer.reset || from === null) this.#position = answer.end;
      for (const [offset, , ...args] of answer.items ?? []) {
        if (numberOf(offset) > numberOf(this.#position)) this.#call(offset, args);
      }
      this.#look();
      if (numberOf(this.#position) >= numberOf(answer.end)) break;
    }
    this.#reading = false;
  }
}

function numberOf(offset) {
  return Number(offset.split('.')[0]);
}

/** Replaces binary values by lists of numbers, so that they can be compared. */
function plainBytes(value) {
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) {
    return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  }
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainBytes(part)]));
}

function upTo(count) {
  return Array.from({ length: count }, (_, n) => n);
}
