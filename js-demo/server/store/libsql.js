// The store in one SQLite file. Acknowledged data survives a crash of the process and a power cut.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { openFeeds } from './libsql-feeds.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    -- Never reused and ever increasing: the order of arrival.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    content TEXT NOT NULL,
    temp_id TEXT,
    created_at TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  -- What makes a message that arrives again one message, also across restarts.
  CREATE UNIQUE INDEX IF NOT EXISTS messages_once ON messages (sender, temp_id);
  CREATE INDEX IF NOT EXISTS messages_between ON messages (sender, recipient, seq);
  CREATE INDEX IF NOT EXISTS messages_sent ON messages (sender, seq);
  CREATE INDEX IF NOT EXISTS messages_received ON messages (recipient, seq);
  CREATE INDEX IF NOT EXISTS messages_unread ON messages (recipient, sender) WHERE read = 0;
  -- One for each message, under its number.
  CREATE TABLE IF NOT EXISTS notifications (
    seq INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS notifications_of ON notifications (recipient, seq);
  -- The messages that nobody was told of yet.
  CREATE TABLE IF NOT EXISTS untold (seq INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/**
 * @param {string} file
 * @returns {import('./index.js').Store}
 */
export function openLibsql(file) {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  // The WAL's default flushes at checkpoints only, so a power cut could lose acknowledged messages.
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 5000');
  db.exec(SCHEMA);

  const commit = groupCommit(db);
  const find = db.prepare('SELECT * FROM messages WHERE sender = ? AND temp_id = ?');
  const insert = db.prepare(`
    INSERT INTO messages (sender, recipient, content, temp_id, created_at)
    VALUES (?, ?, ?, ?, ?) RETURNING *`);
  const notify = db.prepare('INSERT INTO notifications (seq, recipient) VALUES (?, ?)');
  const owe = db.prepare('INSERT INTO untold VALUES (?)');
  const isOwed = db.prepare('SELECT 1 FROM untold WHERE seq = ?');
  const owed = db.prepare('SELECT messages.* FROM untold JOIN messages USING (seq) ORDER BY seq');
  const settle = db.prepare('DELETE FROM untold WHERE seq = ?');
  const between = db.prepare(`
    SELECT * FROM (
      SELECT * FROM messages WHERE sender = ? AND recipient = ? AND seq < ?
      UNION ALL
      SELECT * FROM messages WHERE sender = ? AND recipient = ? AND seq < ?
      ORDER BY seq DESC LIMIT ?
    ) ORDER BY seq`);
  const after = db.prepare(`
    SELECT * FROM messages WHERE sender = ? AND seq > ?
    UNION ALL
    SELECT * FROM messages WHERE recipient = ? AND seq > ?
    ORDER BY seq LIMIT ?`);
  const unread = db.prepare(
    'SELECT sender, count(*) AS n, max(seq) AS last FROM messages WHERE recipient = ? AND read = 0 GROUP BY sender',
  );
  const lastUnread = db.prepare(
    'SELECT count(*) AS n, max(seq) AS last FROM messages WHERE recipient = ? AND sender = ? AND read = 0',
  );
  const setRead = db.prepare(
    'UPDATE messages SET read = 1 WHERE recipient = ? AND sender = ? AND read = 0',
  );
  const newest = db.prepare(`
    SELECT messages.*, notifications.read AS notification_read
    FROM notifications JOIN messages USING (seq)
    WHERE notifications.recipient = ? ORDER BY seq DESC LIMIT ?`);
  const readOne = db.prepare('UPDATE notifications SET read = 1 WHERE recipient = ? AND seq = ?');
  const readAll = db.prepare('UPDATE notifications SET read = 1 WHERE recipient = ? AND read = 0');
  const deleteOne = db.prepare('DELETE FROM notifications WHERE recipient = ? AND seq = ?');

  /** @param {import('./index.js').Draft} draft */
  function save({ sender, recipient, content, tempId }) {
    const known = tempId === null ? undefined : find.get(sender, tempId);
    if (known) return { row: toRow(known), isDuplicate: true, isTold: !isOwed.get(known.seq) };
    const row = insert.get(sender, recipient, content, tempId, new Date().toISOString());
    notify.run(row.seq, recipient);
    owe.run(row.seq);
    return { row: toRow(row), isDuplicate: false, isTold: false };
  }

  return {
    feeds: openFeeds(db, commit),

    append: (draft) => commit(() => save(draft)),

    async untold() {
      return owed.all().map(toRow);
    },

    markTold: (seqs) =>
      commit(() => {
        for (const seq of seqs) settle.run(seq);
      }),

    async conversation(one, other, { before, limit }) {
      return between.all(one, other, before, other, one, before, limit).map(toRow);
    },

    async missed(user, seq, limit) {
      return after.all(user, seq, user, seq, limit).map(toRow);
    },

    async unread(user) {
      const all = unread.all(user);
      return Object.fromEntries(
        all.map(({ sender, n, last }) => [sender, { count: n, upTo: last }]),
      );
    },

    markRead: (reader, sender) =>
      commit(() => {
        const { n, last } = lastUnread.get(reader, sender);
        if (n > 0) setRead.run(reader, sender);
        return { read: n, upTo: last };
      }),

    async notifications(user, limit) {
      return newest.all(user, limit).map((row) => ({
        ...toRow(row),
        notificationRead: row.notification_read === 1,
      }));
    },

    readNotification: (user, seq) => commit(() => readOne.run(user, seq).changes > 0),

    readAllNotifications: (user) => commit(() => void readAll.run(user)),

    deleteNotification: (user, seq) => commit(() => deleteOne.run(user, seq).changes > 0),

    async secret() {
      const made = randomBytes(32).toString('base64url');
      db.prepare("INSERT OR IGNORE INTO settings VALUES ('secret', ?)").run(made);
      return db.prepare("SELECT value FROM settings WHERE name = 'secret'").get().value;
    },

    async close() {
      commit.flush();
      db.close();
    },
  };
}

/**
 * Combines all writes of one turn of the event loop into one commit, because a flush to disk takes milliseconds
 * whatever its size.
 *
 * @param {Database} db
 */
function groupCommit(db) {
  /** @type {{ work: () => unknown, resolve: Function, reject: Function }[]} */
  let pending = [];
  const runAll = db.transaction((batch) => batch.map(({ work }) => work()));

  function flush() {
    const batch = pending;
    pending = [];
    if (batch.length === 0) return;
    try {
      const results = runAll.immediate(batch);
      for (const [n, { resolve }] of batch.entries()) resolve(results[n]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /**
   * Runs `work` in the next commit, in the order of the calls. Resolves with its result once the commit is on disk.
   *
   * @template T
   * @param {() => T} work
   * @returns {Promise<T>}
   */
  function commit(work) {
    return new Promise((resolve, reject) => {
      if (pending.length === 0) setImmediate(flush);
      pending.push({ work, resolve, reject });
    });
  }

  return Object.assign(commit, { flush });
}

/** @returns {import('./index.js').Row} */
function toRow(row) {
  return {
    seq: row.seq,
    sender: row.sender,
    recipient: row.recipient,
    content: row.content,
    tempId: row.temp_id,
    createdAt: row.created_at,
    read: row.read === 1,
  };
}
