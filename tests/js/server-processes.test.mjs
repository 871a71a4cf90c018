// Several server processes with one Redis. One of them is killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Redis } from 'ioredis';
import { io } from 'socket.io-client';
import { root } from '../support/paths.mjs';
import { startRedis, withoutRedis } from '../support/redis.mjs';

/** `HOLDFAST_ROUNDS` chooses more. */
const ROUNDS = Number(process.env.HOLDFAST_ROUNDS ?? 2);
const COUNT = 60;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
/** Messages of one user, in one lane. */
const messages = numbers.map((n) => ({ _tempId: `${n}`, n }));

for (const [name, isRestarted] of [
  ['another process takes over', false],
  ['the same one is started again', true],
]) {
  test(`a lane keeps its order when its process is killed in the first handler: ${name}`, {
    skip: withoutRedis,
  }, async (t) => {
    const redis = await startRedis(t);
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = await startProcess(t, redis.url, { DIE_AT: '0' });
      const next = isRestarted ? null : await startProcess(t, redis.url);
      const lost = dial(t, first.url, round);
      for (const message of messages) lost.emit('send_message', message, () => {});
      await first.gone;
      lost.disconnect();
      assert.deepEqual(await first.log(), [0]);

      const after = next ?? (await startProcess(t, redis.url, { PORT: new URL(first.url).port }));
      const link = dial(t, after.url, round);
      const answers = messages.map((each) => link.emitWithAck('send_message', each));
      assert.deepEqual(
        (await Promise.all(answers)).map(({ n }) => n),
        numbers,
      );
      assert.deepEqual(await after.log(), numbers, `round ${round}: in order, and once`);
      await after.kill();
    }
  });
}

test('waiting for a dead process with 1,000 messages in progress takes few requests', {
  skip: withoutRedis,
}, async (t) => {
  const { url } = await startRedis(t);
  const client = new Redis(url);
  t.after(() => client.disconnect());
  const first = await startProcess(t, url, { DIE_AT: '999', LEASE_MS: '2000' });
  const next = await startProcess(t, url, { LEASE_MS: '2000' });
  // Claims of the first, which nobody answers any more.
  const claims = client.pipeline();
  for (let user = 0; user < 40; user += 1) {
    for (let n = 0; n < 25; n += 1) {
      claims.set(`holdfast:${JSON.stringify(['user', `u${user}`, `${n}`])}`, 'claim:x', 'PX', 2000);
    }
  }
  await claims.exec();
  await first.kill();
  await client.config('RESETSTAT');
  const answers = [];
  for (let user = 0; user < 40; user += 1) {
    const link = dial(t, next.url, user);
    for (let n = 0; n < 25; n += 1) {
      answers.push(link.emitWithAck('send_message', { _tempId: `${n}`, n }));
    }
  }
  await Promise.all(answers);
  const [, calls] = /cmdstat_eval:calls=(\d+)/.exec(await client.info('commandstats'));
  t.diagnostic(`${calls} scripts ran for 1,000 messages`);
  // A first claim, an answer, and for most of them a second claim; renewals.
  assert.ok(Number(calls) < 5000, calls);
});

/** A connection of the user of a round. */
function dial(t, url, round) {
  const options = { auth: { user: `u${round}` }, forceNew: true, transports: ['websocket'] };
  const link = io(url, options);
  t.after(() => link.disconnect());
  return link;
}

async function startProcess(t, redisUrl, env = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-processes-'));
  const log = join(folder, 'log');
  const child = spawn(process.execPath, ['tests/support/deduplicating-server.mjs'], {
    cwd: root,
    env: { ...process.env, ...env, REDIS_URL: redisUrl, LOG: log },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  t.after(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  const [line] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), gone]);
  const [, url] = /^Server: (\S+)$/m.exec(line);
  const readLog = async () => (await readFile(log, 'utf8')).trim().split('\n').map(Number);
  return { url, gone, kill, log: readLog };
}
