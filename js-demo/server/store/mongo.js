// The store in MongoDB, for several server processes at once.

import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openFeeds } from './mongo-feeds.js';

const DUPLICATE_KEY = 11_000;

/**
 * A document of the collection `messages` is a message together with its notification, so that neither is ever saved
 * without the other: { seq, sender, recipient, content, tempId, createdAt, readAt, notification, untold }.
 * `notification` is 'unread', 'read' or 'deleted'. `untold` is true until the message is published, and then removed.
 *
 * @param {string} url including the name of the database
 * @returns {Promise<import('./index.js').Store>}
 */
export async function openMongo(url) {
  // A write is acknowledged once it is on disk at most members, so it survives the loss of one.
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } });
  await client.connect();
  const messages = client.db().collection('messages');
  const settings = client.db().collection('settings');
  await messages.createIndexes([
    // The unique index recognises a repeated message, at whichever process it arrives.
    {
      key: { sender: 1, tempId: 1 },
      unique: true,
      partialFilterExpression: { tempId: { $gt: '' } },
    },
    { key: { seq: 1 }, unique: true },
    { key: { sender: 1, recipient: 1, seq: 1 } },
    { key: { sender: 1, seq: 1 } },
    { key: { recipient: 1, seq: 1 } },
    { key: { recipient: 1, readAt: 1, sender: 1 } },
    { key: { untold: 1 }, sparse: true },
  ]);

  const append = inBatches((drafts) => appendAll(messages, drafts));

  return {
    feeds: await openFeeds(client.db().collection('feeds')),

    append,

    async untold() {
      return (await messages.find({ untold: true }).sort({ seq: 1 }).toArray()).map(toRow);
    },

    async markTold(seqs) {
      await messages.updateMany({ seq: { $in: seqs } }, { $unset: { untold: '' } });
    },

    async conversation(one, other, { before, limit }) {
      const found = await messages
        .find({
          $or: [
            { sender: one, recipient: other },
            { sender: other, recipient: one },
          ],
          seq: { $lt: before },
        })
        .sort({ seq: -1 })
        .limit(limit)
        .toArray();
      return found.reverse().map(toRow);
    },

    async missed(user, after, limit) {
      const mine = { $or: [{ sender: user }, { recipient: user }], seq: { $gt: after } };
      const found = await messages.find(mine).sort({ seq: 1 }).limit(limit).toArray();
      return found.map(toRow);
    },

    async unread(user) {
      const all = await messages
        .aggregate([
          { $match: { recipient: user, readAt: null } },
          { $group: { _id: '$sender', count: { $sum: 1 }, upTo: { $max: '$seq' } } },
        ])
        .toArray();
      return Object.fromEntries(all.map(({ _id, count, upTo }) => [_id, { count, upTo }]));
    },

    async markRead(reader, sender) {
      const unread = { recipient: reader, sender, readAt: null };
      const last = await messages.find(unread).sort({ seq: -1 }).limit(1).next();
      if (!last) return { read: 0, upTo: null };
      // Without the messages that arrive meanwhile: the user has not seen them.
      const { modifiedCount } = await messages.updateMany(
        { ...unread, seq: { $lte: last.seq } },
        { $set: { readAt: new Date().toISOString() } },
      );
      return { read: modifiedCount, upTo: last.seq };
    },

    async notifications(user, limit) {
      const found = await messages
        .find({ recipient: user, notification: { $ne: 'deleted' } })
        .sort({ seq: -1 })
        .limit(limit)
        .toArray();
      return found.map((document) => ({
        ...toRow(document),
        notificationRead: document.notification === 'read',
      }));
    },

    async readNotification(user, seq) {
      const one = { recipient: user, seq, notification: { $ne: 'deleted' } };
      const { matchedCount } = await messages.updateOne(one, { $set: { notification: 'read' } });
      return matchedCount > 0;
    },

    async readAllNotifications(user) {
      const unread = { recipient: user, notification: 'unread' };
      await messages.updateMany(unread, { $set: { notification: 'read' } });
    },

    async deleteNotification(user, seq) {
      const one = { recipient: user, seq, notification: { $ne: 'deleted' } };
      const { matchedCount } = await messages.updateOne(one, {
        $set: { notification: 'deleted' },
      });
      return matchedCount > 0;
    },

    async secret() {
      const value = randomBytes(32).toString('base64url');
      await settings.insertOne({ _id: 'secret', value }).catch(unlessDuplicate);
      return (await settings.findOne({ _id: 'secret' })).value;
    },

    async close() {
      await append.idle();
      await client.close();
    },
  };
}

/**
 * Saves drafts in their order. Each gets the number after the highest one. If another process takes that number first,
 * the unique index refuses the draft, and it tries the next number. So a reader who sees a number knows that no lower
 * number will appear, which a separate counter would not guarantee.
 *
 * @param {import('mongodb').Collection} messages
 * @param {import('./index.js').Draft[]} drafts
 */
async function appendAll(messages, drafts) {
  const keys = drafts.map(({ sender, tempId }, n) => (tempId === null ? n : keyOf(sender, tempId)));
  const saved = await findKnown(messages, drafts);
  const savedHere = new Set();

  for (;;) {
    /** If two drafts have the same id, the first one counts. */
    const missing = new Map();
    for (const [n, key] of keys.entries()) {
      if (!saved.has(key) && !missing.has(key)) missing.set(key, drafts[n]);
    }
    if (missing.size === 0) break;
    const newest = await messages.find().sort({ seq: -1 }).limit(1).next();
    const next = (newest?.seq ?? 0) + 1;
    const documents = [...missing.values()].map((draft, n) => toDocument(draft, next + n));
    const count = await insert(messages, documents);
    for (const [n, key] of [...missing.keys()].slice(0, count).entries()) {
      saved.set(key, documents[n]);
      savedHere.add(key);
    }
    // Either index may have refused the draft. It was the index of ids if the id is known now.
    if (count < documents.length) {
      const found = await findKnown(messages, [...missing.values()].slice(count));
      for (const [key, document] of found) saved.set(key, document);
    }
  }
  // If two drafts have the same id, the first one was saved, and the second one is a repeat of it.
  return keys.map((key) => ({
    row: toRow(saved.get(key)),
    isDuplicate: !savedHere.delete(key),
    isTold: !saved.get(key).untold,
  }));
}

/** The drafts that are already saved, by sender and id. */
async function findKnown(messages, drafts) {
  const ids = new Map();
  for (const { sender, tempId } of drafts) {
    if (tempId === null) continue;
    ids.set(sender, [...(ids.get(sender) ?? []), tempId]);
  }
  const found = await Promise.all(
    [...ids].map(([sender, tempIds]) =>
      messages.find({ sender, tempId: { $in: tempIds } }).toArray(),
    ),
  );
  return new Map(
    found.flat().map((document) => [keyOf(document.sender, document.tempId), document]),
  );
}

function keyOf(sender, tempId) {
  return JSON.stringify([sender, tempId]);
}

/** @returns {Promise<number>} how many were saved before an index refused one */
async function insert(messages, documents) {
  if (documents.length === 0) return 0;
  try {
    await messages.insertMany(documents, { ordered: true });
    return documents.length;
  } catch (error) {
    unlessDuplicate(error);
    return error.insertedCount;
  }
}

function unlessDuplicate(error) {
  if (error.code !== DUPLICATE_KEY) throw error;
}

/**
 * Passes all waiting items to `work` at once, as soon as the previous batch is done.
 *
 * @template I, R
 * @param {(items: I[]) => Promise<R[]>} work returns a result for each item, in order
 */
function inBatches(work) {
  const pending = [];
  let running = null;

  async function run() {
    while (pending.length > 0) {
      const batch = pending.splice(0, MAX_BATCH);
      try {
        const results = await work(batch.map(({ item }) => item));
        for (const [n, { resolve }] of batch.entries()) resolve(results[n]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = null;
  }

  /** @param {I} item @returns {Promise<R>} */
  function add(item) {
    return new Promise((resolve, reject) => {
      pending.push({ item, resolve, reject });
      running ??= Promise.resolve().then(run);
    });
  }

  return Object.assign(add, { idle: async () => running });
}

/** Far below the largest command of MongoDB, also with the longest messages. */
const MAX_BATCH = 500;

function toDocument({ sender, recipient, content, tempId }, seq) {
  const createdAt = new Date().toISOString();
  const state = { createdAt, readAt: null, notification: 'unread', untold: true };
  return { seq, sender, recipient, content, tempId, ...state };
}

/** @returns {import('./index.js').Row} */
function toRow({ seq, sender, recipient, content, tempId, createdAt, readAt }) {
  return { seq, sender, recipient, content, tempId, createdAt, read: readAt !== null };
}
