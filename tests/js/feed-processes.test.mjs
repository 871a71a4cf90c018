// Several server processes with one store. Items published by one reach the listeners of all, and so do revoked rights.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { Redis } from 'ioredis';
import { redisFeeds } from '../../pkg/esm/server.mjs';
import { atEnd } from '../support/at-end.mjs';
import { startFeed, tableStore, upTo } from '../support/feed-kit.mjs';
import { requireFromDemo } from '../support/paths.mjs';
import { startRedis, withoutRedis } from '../support/redis.mjs';
import { until } from '../support/until.mjs';

const { ClusterAdapter } = createRequire(createRequire(import.meta.url).resolve('socket.io'))(
  'socket.io-adapter',
);

/** How the servers are connected, and where they store items. Each function returns the options of one server. */
const WAYS = {
  'an adapter that links them, and a table': {
    skip: false,
    async prepare() {
      const link = linked();
      const store = tableStore(() => new Promise(setImmediate));
      return () => ({ adapter: link(), store });
    },
  },
  'an adapter that links them, and Redis': {
    skip: withoutRedis,
    async prepare(t) {
      const { url } = await startRedis(t);
      const link = linked();
      return () => ({ adapter: link(), store: redisFeeds(dial(t, url)) });
    },
  },
  'the adapter of Redis Streams, and Redis': {
    skip: withoutRedis || withoutStreams(),
    async prepare(t) {
      const { url } = await startRedis(t);
      const { createAdapter } = requireFromDemo('@socket.io/redis-streams-adapter');
      return () => {
        const client = dial(t, url);
        return {
          adapter: createAdapter(client, { blockTimeInMs: 100 }),
          store: redisFeeds(client),
        };
      };
    },
  },
};

for (const [name, { skip, prepare }] of Object.entries(WAYS)) {
  /** Two servers that are connected with each other. */
  const start = async (t, options = {}) => {
    const make = await prepare(t);
    const servers = [];
    for (const feed of [{}, {}]) {
      const { adapter, store } = make();
      Object.assign(feed, { store, ...options });
      servers.push(
        await startFeed(t, { feed, io: { adapter }, connected: (socket) => socket.join('open-1') }),
      );
    }
    // An adapter may need a moment before it receives anything.
    for (const [from, to] of [servers, [...servers].reverse()]) {
      const link = await to.dial(`probe${servers.indexOf(to)}`);
      await until(() => {
        from.io.emit('probe');
        return link.plain.length > 0;
      }, 'the servers hear each other');
      link.socket.disconnect();
    }
    return servers;
  };

  test(`items of one process are received and read in the other: ${name}`, {
    skip,
  }, async (t) => {
    const [one, other] = await start(t);
    const [reader, plain] = [await other.dial('ann'), await other.dial('ann')];
    const { end: start_ } = await reader.read(null, null);
    reader.plain.length = 0;
    plain.plain.length = 0;
    const bytes = Buffer.from([0, 255]);
    await one.feed.user('ann').publish('n', 1, { bytes });
    await until(() => reader.items.length && plain.plain.length, 'one each');
    const [[feed, before, offset, ...item]] = reader.items;
    assert.deepEqual([feed, before, item], [null, start_, ['n', 1, { bytes }]]);
    assert.deepEqual(plain.plain, [['n', 1, { bytes }]]);
    await plain.barrier();
    await reader.barrier();
    assert.deepEqual([plain.items, reader.plain], [[], []]);
    const back = await one.dial('ann');
    assert.deepEqual(await back.read(null, start_), {
      items: [[offset, 'n', 1, { bytes }]],
      end: offset,
    });
  });

  test(`two processes that publish concurrently make one chain: ${name}`, { skip }, async (t) => {
    const servers = await start(t);
    const links = [];
    for (const server of servers) {
      const link = await server.dial('ann');
      links.push(link);
      link.start = (await link.read(null, null)).end;
    }
    await Promise.all(upTo(60).map((n) => servers[n % 2].feed.user('ann').publish('n', n)));
    for (const link of links) {
      await until(
        () => link.items.length === 60,
        () => `60 items, so far ${link.items.length}`,
      );
      const follows = new Map(link.items.map(([, before, offset]) => [before, offset]));
      let end = link.start;
      for (const _ of upTo(60)) end = follows.get(end);
      assert.equal(end, (await link.read(null, null)).end);
    }
    const { items } = await links[0].read(null, links[0].start);
    const numbers = items.map((item) => item.at(-1));
    for (const part of [0, 1]) {
      const own = upTo(60).filter((n) => n % 2 === part);
      assert.deepEqual(
        numbers.filter((n) => n % 2 === part),
        own,
      );
      // The items of each process are in their order.
      const heard = links[0].items.map((item) => item.at(-1)).filter((n) => n % 2 === part);
      assert.deepEqual(heard, own);
    }
  });

  test(`a right that is revoked in one process ends in the other: ${name}`, { skip }, async (t) => {
    let isAllowed = true;
    const [one, other] = await start(t, { authorize: () => isAllowed });
    const [ann, bob] = [await other.dial('ann'), await other.dial('bob')];
    for (const link of [ann, bob]) {
      await link.read('open-1', null);
      link.plain.length = 0;
    }
    isAllowed = false;
    await one.feed.room('open-1').revoke('ann');
    await one.feed.room('open-1').publish('n', 1);
    await until(() => bob.items.length === 1, 'the item for bob');
    assert.equal((await ann.read('open-1', null)).code, 'FORBIDDEN');
    assert.deepEqual([ann.items, ann.plain], [[], []]);
    assert.ok((await bob.read('open-1', null)).end);
  });
}

test('a right that is revoked while a connection is lost is not recovered through the stream of the adapter', {
  skip: withoutRedis || withoutStreams(),
}, async (t) => {
  const { adapter, store } = (await WAYS['the adapter of Redis Streams, and Redis'].prepare(t))();
  let isAllowed = true;
  const { dial, feed, io } = await startFeed(t, {
    feed: { store, authorize: () => isAllowed },
    io: { adapter, connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
  });
  const link = await dial('ann', { reconnection: true });
  const [{ end: own }] = [await link.read(null, null), await link.read('open-1', null)];
  for (const socket of io.sockets.sockets.values()) socket.emit('hello');
  await until(() => link.plain.length > 0, 'something to recover from');
  const gone = new Promise((resolve) => link.socket.once('disconnect', resolve));
  link.socket.io.engine.close();
  await gone;
  isAllowed = false;
  await feed.room('open-1').revoke('ann');
  await feed.room('open-1').publish('secret', 1);
  await feed.user('ann').publish('n', 2);
  await until(() => link.announced > 1 && link.socket.connected, 'the connection is back');
  assert.equal(link.socket.recovered, true);
  assert.equal((await link.read('open-1', null)).code, 'FORBIDDEN');
  const events = link.plain.map(([event]) => event);
  assert.deepEqual([link.items, events], [[], ['hello']]);
  const { items } = await link.read(null, own);
  assert.deepEqual(
    items.map((item) => item.slice(1)),
    [['n', 2]],
  );
});

/** Adapters of servers in this process, which deliver to each other in order, after a moment. */
function linked() {
  const all = new Set();
  let offset = 0;
  class Linked extends ClusterAdapter {
    constructor(namespace) {
      super(namespace);
      all.add(this);
    }
    async doPublish(message) {
      const text = structuredClone(message);
      offset += 1;
      const id = `${offset}`;
      await new Promise(setImmediate);
      for (const adapter of all) adapter.onMessage(structuredClone(text), id);
      return id;
    }
    async doPublishResponse() {}
    close() {
      all.delete(this);
    }
  }
  return () => Linked;
}

function dial(t, url) {
  const client = new Redis(url);
  client.on('error', () => {});
  // `quit` waits for the requests that a closing adapter still sends. Ending the connection at once would reject them, and
  // the adapter handles no rejection.
  atEnd(t, () => client.quit());
  return client;
}

function withoutStreams() {
  try {
    requireFromDemo.resolve('@socket.io/redis-streams-adapter');
    return false;
  } catch {
    return 'the demo, which has the adapter, is not installed';
  }
}
