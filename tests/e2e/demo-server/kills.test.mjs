// The demo's server is killed in the middle of a conversation, with each of its stores. Every acknowledged message is
// saved, and none is saved twice.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openStore } from '../../../js-demo/server/store/index.js';
import { atEnd } from '../../support/at-end.mjs';
import { join } from '../../support/demo-client.mjs';
import { startMongo, withoutMongo } from '../../support/mongo.mjs';
import { startDemo } from '../../support/server.mjs';
import { until } from '../../support/until.mjs';

const EACH = 400;
/** The number of messages that each client has in flight, and how many are acknowledged to each before the kill. */
const WINDOW = 50;
const STRUCK_AT = 100;
const PEOPLE = ['alice', 'bob'];
const STORES = [
  { name: 'a SQLite file', skip: false, env: async () => ({}) },
  {
    name: 'a MongoDB-wire-compatible server',
    skip: withoutMongo,
    env: async (t) => ({ MONGODB_URL: (await startMongo(t)).url }),
  },
];

for (const { name, skip, env } of STORES) {
  test(`a kill in the middle of a conversation loses no acknowledged message, on ${name}`, {
    skip,
  }, async (t) => {
    const demo = await startDemo(t, { env: { RATE_LIMIT: '100000', ...(await env(t)) } });
    const store = await openStore({ MONGODB_URL: demo.mongoUrl, DATABASE: demo.database });
    atEnd(t, () => store.close());
    const saved = () => store.missed('alice', 0, 10_000);

    const acknowledged = Object.fromEntries(PEOPLE.map((person) => [person, []]));
    const clients = await Promise.all(PEOPLE.map((person) => join(t, demo, person)));
    for (const [who, client] of clients.entries()) {
      let sent = 0;
      const sendNext = () => {
        if (sent === EACH) return;
        client.emit('send_message', message(who, sent), ({ _tempId }) => {
          acknowledged[PEOPLE[who]].push(_tempId);
          sendNext();
        });
        sent += 1;
      };
      for (let n = 0; n < WINDOW; n += 1) sendNext();
    }
    const least = () => Math.min(...PEOPLE.map((person) => acknowledged[person].length));
    await until(() => least() >= STRUCK_AT, 'a part is acknowledged', 10_000, 1);
    await demo.kill();
    for (const client of clients) client.disconnect();
    const struck = await saved();
    const counts = PEOPLE.map((person) => acknowledged[person].length);
    t.diagnostic(`killed with ${counts} acknowledged, ${struck.length} of ${2 * EACH} saved`);
    assert.ok(struck.length < 2 * EACH, 'all was saved before the kill: the test proved nothing');
    for (const person of PEOPLE) {
      const ids = struck.filter(({ sender }) => sender === person).map(({ tempId }) => tempId);
      assert.deepEqual(acknowledged[person], ids.slice(0, acknowledged[person].length));
    }

    await demo.start();
    const again = await Promise.all(PEOPLE.map((person) => join(t, demo, person)));
    const replies = await Promise.all(
      Array.from({ length: 2 * EACH }, (_, n) => again[n % 2].send(message(n % 2, n >> 1))),
    );
    assert.equal(replies.filter(({ success }) => success).length, 2 * EACH);
    assert.equal(replies.filter(({ duplicate }) => duplicate).length, struck.length);
    const rows = await saved();
    for (const [who, person] of PEOPLE.entries()) {
      assert.deepEqual(
        rows.filter(({ sender }) => sender === person).map(({ content }) => content),
        Array.from({ length: EACH }, (_, n) => message(who, n).content),
      );
      const told = await store.notifications(PEOPLE[1 - who], 10_000);
      assert.equal(told.length, EACH, 'each message has one notification');
    }
  });
}

function message(who, n) {
  const recipientId = PEOPLE[1 - who];
  return { recipientId, content: `${PEOPLE[who]} ${n}`, _tempId: `id${n}` };
}
