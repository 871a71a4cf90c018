// The deduplicator's store in Redis, with each supported Redis client, on a real Redis.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { createDeduplicator, redisStore } from '../../pkg/esm/server.mjs';
import { startRedis, withoutRedis } from '../support/redis.mjs';
import { deferred, until } from '../support/until.mjs';

const TTL_MS = 60_000;
const CLIENTS = {
  'redis 6': nodeRedis(createClient),
  'redis 5': nodeRedis(createClient5),
  ioredis,
};

for (const [name, connect] of Object.entries(CLIENTS)) {
  test(`the store works with a client of ${name}`, { skip: withoutRedis }, async (t) => {
    const { url } = await startRedis(t);
    const client = await connect(t, url);
    let prefixes = 0;
    /** How long a key has left. */
    const left = (key) => client.pttl?.(key) ?? client.pTTL(key);
    /** Two processes, with keys that no other test has. */
    const twoStores = async (options = {}) => {
      prefixes += 1;
      const prefix = `test${prefixes}:`;
      const other = await connect(t, url);
      return [client, other].map((each) => redisStore(each, { prefix, ...options }));
    };

    await t.test(
      'one caller gets the claim of a key, and others have to wait for the answer',
      async () => {
        const [one, two] = await twoStores();
        assert.deepEqual(await one.claim('a'), { status: 'claimed' });
        for (const store of [two, one]) {
          const { status, endsInMs } = await store.claim('a');
          assert.equal(status, 'busy');
          assert.ok(endsInMs > 0 && endsInMs <= 5000, 'and for how long');
        }
        assert.deepEqual(await two.claim('b'), { status: 'claimed' });
        await one.complete('a', [{ success: true }], TTL_MS, { fingerprint: 'f1' });
        await two.complete('b', [{ success: true }], TTL_MS);
        for (const store of [one, two]) {
          const done = { status: 'done', reply: [{ success: true }] };
          assert.deepEqual(await store.claim('a'), { ...done, fingerprint: 'f1' });
          assert.deepEqual(await store.claim('b'), { ...done, fingerprint: undefined });
        }
      },
    );

    await t.test('one of many concurrent callers gets the claim', async () => {
      const stores = [...(await twoStores())];
      const claims = await Promise.all(
        Array.from({ length: 50 }, (_, n) => stores[n % 2].claim('a')),
      );
      assert.equal(claims.filter(({ status }) => status === 'claimed').length, 1);
    });

    await t.test(
      'a released key goes to the next caller, and the claim of another caller cannot be released',
      async () => {
        const [one, two] = await twoStores();
        await one.claim('a');
        await two.release('a');
        assert.equal((await two.claim('a')).status, 'busy');
        await one.release('a');
        assert.deepEqual(await two.claim('a'), { status: 'claimed' });
      },
    );

    await t.test('an answer is returned unchanged, also binary', async () => {
      const [one, two] = await twoStores();
      const replies = [
        [],
        [null],
        ['text', 0, false, null],
        [null, { list: [1, [2, []], {}], deep: { bytes: Buffer.from([0, 1, 255]) } }],
        [Buffer.from([1, 2]), [Buffer.alloc(0)], new Uint8Array([3])],
        [{ 0: 'no list', base64: 'AA==', type: 'Buffer', data: [1] }],
        [
          [0, 'AA=='],
          [1, 2],
        ],
        [{ text: 'done:5:x \u2028 🦀 "\\' }],
      ];
      for (const [n, reply] of replies.entries()) {
        await one.claim(`key${n}`);
        await one.complete(`key${n}`, reply, TTL_MS);
        const claim = await two.claim(`key${n}`);
        const expected =
          n === 4 ? [Buffer.from([1, 2]), [Buffer.alloc(0)], Buffer.from([3])] : reply;
        assert.deepEqual([claim.status, claim.reply], ['done', expected]);
      }
      await one.claim('blob');
      await assert.rejects(one.complete('blob', [new Blob(['x'])], TTL_MS), /with a Blob/);
    });

    await t.test('an answer is stored for its time, which each request renews', async () => {
      const [one, two] = await twoStores();
      const key = `test${prefixes}:a`;
      await one.claim('a');
      await one.complete('a', ['x'], 50_000.5);
      assert.ok((await left(key)) > 49_000 && (await left(key)) <= 50_001);
      await (client.pexpire?.(key, 9000) ?? client.pExpire(key, 9000));
      assert.equal((await two.claim('a')).status, 'done');
      assert.ok((await left(key)) > 49_000);
      await one.claim('for ever');
      await one.complete('for ever', ['x'], Number.POSITIVE_INFINITY);
      assert.equal((await two.claim('for ever')).status, 'done');
      await one.claim('short');
      await one.complete('short', ['x'], 0.5);
      await until(async () => (await two.claim('short')).status === 'claimed', 'it is forgotten');
    });

    await t.test('a living process keeps its claim beyond the lease', async () => {
      const [one, two] = await twoStores({ leaseMs: 300 });
      const key = `test${prefixes}:a`;
      await one.claim('a');
      let renewals = 0;
      let before = await left(key);
      await until(
        async () => {
          assert.equal((await two.claim('a')).status, 'busy');
          const now = await left(key);
          if (now > before) renewals += 1;
          before = now;
          return renewals >= 4;
        },
        () => `it is renewed again and again, was ${renewals} times`,
      );
      await one.complete('a', ['x'], TTL_MS);
      assert.equal((await two.claim('a')).status, 'done');
    });

    await t.test(
      'the claim of a dead process ends, and its late answer changes nothing',
      async () => {
        const [, two] = await twoStores({ leaseMs: 300 });
        const mortal = await connect(t, url);
        const prefix = `test${prefixes}:`;
        const one = redisStore(mortal, { prefix, leaseMs: 300 });
        const lost = [];
        for (const key of ['a', 'b']) {
          await one.claim(key, { user: 'u', onLost: ({ message }) => lost.push(message) });
        }
        // Its renewals don't arrive any more.
        const arrive = mortal.eval;
        mortal.eval = async () => {
          throw new Error('the network is gone');
        };
        assert.equal((await two.claim('a')).status, 'busy');
        await until(async () => (await two.claim('a')).status === 'claimed', 'it ends');
        await until(async () => (await two.claim('b')).status === 'claimed', 'it ends as well');
        await two.complete('a', ['two'], TTL_MS);
        mortal.eval = arrive;
        await until(() => lost.length === 2, 'it notices that both are lost');
        assert.ok(lost.every((text) => /Another process took a message in progress/.test(text)));
        assert.ok((await left(`${prefix}a`)) > 50_000);
        await one.complete('a', ['one'], TTL_MS);
        assert.deepEqual((await two.claim('a')).reply, ['two']);
        await one.release('b');
        assert.equal((await one.claim('b')).status, 'busy');
      },
    );

    await t.test('an answer is stored even if its claim was lost', async () => {
      const [one, two] = await twoStores();
      await one.claim('a');
      await client.del(`test${prefixes}:a`);
      await one.complete('a', ['one'], TTL_MS);
      assert.deepEqual((await two.claim('a')).reply, ['one']);
    });

    await t.test('a claim that Redis lost is made again, and reported once', async () => {
      const [one, two] = await twoStores({ leaseMs: 300 });
      const lost = [];
      await one.claim('a', { user: 'u', onLost: ({ message }) => lost.push(message) });
      for (let times = 0; times < 2; times += 1) {
        await client.del(`test${prefixes}:a`);
        await until(async () => (await left(`test${prefixes}:a`)) > 0, 'it is there again');
        assert.equal((await two.claim('a')).status, 'busy');
      }
      await one.complete('a', ['one'], TTL_MS);
      assert.deepEqual((await two.claim('a')).reply, ['one']);
      assert.equal(lost.length, 1);
      assert.match(lost[0], /no other process took it/);
      await one.claim('b', { user: 'u', onLost: ({ message }) => lost.push(message) });
      await client.del(`test${prefixes}:b`);
      await one.complete('b', ['one'], TTL_MS);
      assert.equal(lost.length, 2, 'noticed at the end, where no renewal came before');
    });

    await t.test('two processes run a message once, and both answer it', async () => {
      const gate = deferred();
      const runs = [];
      const listeners = (await twoStores()).map((store, n) => {
        const once = createDeduplicator({ userId: () => 'ann', store });
        return once({ id: `socket${n}` }, async (data) => {
          runs.push([n, data._tempId]);
          await gate.promise;
          return { success: true, by: n };
        });
      });
      const call = (n, _tempId) => new Promise((resolve) => listeners[n]({ _tempId }, resolve));
      const first = call(0, 'a');
      await until(() => runs.length === 1, 'the first runs');
      const second = call(1, 'a');
      gate.resolve();
      assert.deepEqual(await call(1, 'b'), { success: true, by: 1 });
      assert.deepEqual(await Promise.all([first, second]), [
        { success: true, by: 0 },
        { success: true, by: 0 },
      ]);
      assert.deepEqual(runs, [
        [0, 'a'],
        [1, 'b'],
      ]);
    });
  });
}

test('a store without its Redis fails, and the message may be tried again', {
  skip: withoutRedis,
}, async (t) => {
  const { url } = await startRedis(t);
  const client = await ioredis(t, url, { enableOfflineQueue: false });
  const errors = [];
  const once = createDeduplicator({
    userId: () => 'ann',
    store: redisStore(client),
    onError: (_error, { at }) => errors.push(at),
  });
  const listener = once({ id: 's' }, () => ({ success: true }));
  const call = (_tempId) => new Promise((resolve) => listener({ _tempId }, resolve));
  assert.deepEqual(await call('a'), { success: true });
  client.disconnect();
  assert.equal((await call('b')).code, 'INTERNAL_ERROR');
  assert.deepEqual(errors, ['store']);
});

test('after Redis restarts during a slow handler, the claim is made again, and reported once', {
  skip: withoutRedis,
}, async (t) => {
  const redis = await startRedis(t);
  const one = await ioredis(t, redis.url);
  const two = await ioredis(t, redis.url);
  const gate = deferred();
  const errors = [];
  const runs = [];
  const [first, second] = [one, two].map((client, n) => {
    const store = redisStore(client, { leaseMs: 300 });
    const onError = (error, { at, id }) => errors.push([at, id, error.message]);
    const once = createDeduplicator({ userId: () => 'ann', store, onError });
    return once({ id: `s${n}` }, async () => {
      runs.push(n);
      await gate.promise;
      return { success: true, by: n };
    });
  });
  const answers = [new Promise((resolve) => first({ _tempId: 'a' }, resolve))];
  await until(() => runs.length === 1, 'it is at work');
  await redis.stop();
  await redis.start();
  await until(async () => (await two.dbsize()) === 1, 'the claim is there again');
  answers.push(new Promise((resolve) => second({ _tempId: 'a' }, resolve)));
  gate.resolve();
  const expected = { success: true, by: 0 };
  assert.deepEqual(await Promise.all(answers), [expected, expected]);
  assert.deepEqual(runs, [0]);
  assert.deepEqual(
    errors.map(([at, id]) => [at, id]),
    [['store', 'a']],
  );
  assert.match(errors[0][2], /^Redis lost the claim of a message in progress/);
});

test('with a full Redis, new messages may be tried again, and handled ones are answered', {
  skip: withoutRedis,
}, async (t) => {
  const { url } = await startRedis(t);
  const client = await ioredis(t, url);
  const gate = deferred();
  const errors = [];
  const runs = [];
  const once = createDeduplicator({
    userId: () => 'ann',
    store: redisStore(client),
    onError: (error, { at }) => errors.push([at, error.message.slice(0, 3)]),
  });
  const listener = once({ id: 's' }, async ({ _tempId }) => {
    runs.push(_tempId);
    await gate.promise;
    return { success: true };
  });
  const call = (_tempId) => new Promise((resolve) => listener({ _tempId }, resolve));
  const before = call('a');
  await until(() => runs.length === 1, 'it is at work');
  await client.config('SET', 'maxmemory', '1');
  assert.equal((await call('b')).code, 'INTERNAL_ERROR');
  gate.resolve();
  assert.deepEqual(await before, { success: true });
  assert.deepEqual(errors, [
    ['store', 'OOM'],
    ['store', 'OOM'],
  ]);
  await client.config('SET', 'maxmemory', '0');
  assert.deepEqual(await call('b'), { success: true });
  assert.deepEqual(runs, ['a', 'b']);
});

test('a claim outlives its lease while Redis is full', { skip: withoutRedis }, async (t) => {
  const { url } = await startRedis(t);
  const client = await ioredis(t, url);
  const store = redisStore(client, { leaseMs: 200 });
  const lost = [];
  const details = { user: 'ann', fingerprint: 'f', onLost: (error) => lost.push(error.message) };
  await store.claim('a', details);
  await client.config('SET', 'maxmemory', '1');
  // As often as in three leases.
  const renewals = async () =>
    Number(/cmdstat_pexpire:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
  await until(async () => (await renewals()) >= 9, 'it is renewed again and again');
  assert.equal((await store.claim('a')).status, 'busy');
  assert.deepEqual(lost, []);
});

test('a slow Redis keeps the order, and each message runs once', {
  skip: withoutRedis,
}, async (t) => {
  const { url } = await startRedis(t);
  const client = await ioredis(t, url);
  const runs = [];
  const once = createDeduplicator({ userId: () => 'ann', store: redisStore(client) });
  const listener = once({ id: 's' }, ({ _tempId }) => {
    runs.push(_tempId);
    return { success: true };
  });
  const call = (_tempId) => new Promise((resolve) => listener({ _tempId }, resolve));
  await client.client('PAUSE', 300, 'ALL');
  await Promise.all(['a', 'b', 'a', undefined, 'c'].map(call));
  assert.deepEqual(runs, ['a', 'b', undefined, 'c']);
});

test('misuse throws a TypeError with the option, the received and the accepted values', () => {
  const client = { eval: async () => null };
  for (const [given, options, message] of [
    [undefined, {}, /redisStore: client takes a client of .*, got undefined/],
    [{}, {}, /client takes .*, got an object/],
    [client, { prefix: 5 }, /prefix takes a text, got 5/],
    [client, { leaseMs: 99 }, /leaseMs takes a whole number of milliseconds, at least 100, got 99/],
    [client, { leaseMs: Number.POSITIVE_INFINITY }, /leaseMs takes .*, got Infinity/],
    [client, { ttlMs: 5 }, /there is no option ttlMs; it takes prefix, leaseMs/],
  ]) {
    assert.throws(() => redisStore(given, options), { name: 'TypeError', message });
  }
});

/** node-redis, of one version or another. */
function nodeRedis(create) {
  return async (t, url) => {
    const client = create({ url });
    client.on('error', () => {});
    await client.connect();
    t.after(() => client.destroy());
    return client;
  };
}

async function ioredis(t, url, options) {
  const client = new Redis(url, options);
  client.on('error', () => {});
  await new Promise((resolve) => client.once('ready', resolve));
  t.after(() => client.disconnect());
  return client;
}
