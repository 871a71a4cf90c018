// What the server keeps, in one SQLite file. What `append` has answered survives a crash of the
// process and a power cut.

import { randomBytes } from 'node:crypto';
import Database from 'libsql';

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
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/**
 * @typedef {{ sender: string, recipient: string, content: string, tempId?: string }} Draft
 * @typedef {{ seq: number, sender: string, recipient: string, content: string, temp_id: string | null,
 *   created_at: string, read: number }} Row
 */

/** @param {string} file */
export function openStore(file) {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  // The WAL's default flushes at checkpoints only: a power cut would take acknowledged messages along.
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 5000');
  db.exec(SCHEMA);

  const find = db.prepare('SELECT * FROM messages WHERE sender = ? AND temp_id = ?');
  const insert = db.prepare(`
    INSERT INTO messages (sender, recipient, content, temp_id, created_at)
    VALUES (?, ?, ?, ?, ?) RETURNING *`);
  const between = db.prepare(`
    SELECT * FROM (
      SELECT * FROM messages WHERE sender = ? AND recipient = ? AND seq < ?
      UNION ALL
      SELECT * FROM messages WHERE sender = ? AND recipient = ? AND seq < ?
      ORDER BY seq DESC LIMIT ?
    ) ORDER BY seq`);

  /** @type {{ draft: Draft, resolve: Function, reject: Function }[]} */
  let pending = [];

  const saveAll = db.transaction((drafts) => drafts.map(save));

  /** @param {Draft} draft */
  function save({ sender, recipient, content, tempId = null }) {
    const known = tempId === null ? undefined : find.get(sender, tempId);
    const createdAt = new Date().toISOString();
    const row = known ?? insert.get(sender, recipient, content, tempId, createdAt);
    return { row, isDuplicate: known !== undefined };
  }

  // One commit for all that arrived together: a flush to the disk takes milliseconds, however much it holds.
  function flush() {
    const batch = pending;
    pending = [];
    if (batch.length === 0) return;
    try {
      const saved = saveAll.immediate(batch.map(({ draft }) => draft));
      for (const [n, { resolve }] of batch.entries()) resolve(saved[n]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    /**
     * Saves a message and resolves once it is on the disk. One whose sender and id are known is not
     * saved again: its first row is the answer. Rows are numbered in the order of the calls.
     *
     * @param {Draft} draft
     * @returns {Promise<{ row: Row, isDuplicate: boolean }>}
     */
    append(draft) {
      return new Promise((resolve, reject) => {
        if (pending.length === 0) setImmediate(flush);
        pending.push({ draft, resolve, reject });
      });
    },

    /**
     * The newest messages of two people below `before`, ascending.
     *
     * @param {string} one
     * @param {string} other
     * @param {{ before: number, limit: number }} range
     * @returns {Row[]}
     */
    conversation(one, other, { before, limit }) {
      return between.all(one, other, before, other, one, before, limit);
    },

    /** A secret of this database, made when it was first asked for. */
    secret() {
      db.prepare("INSERT OR IGNORE INTO settings VALUES ('secret', ?)").run(
        randomBytes(32).toString('base64url'),
      );
      return db.prepare("SELECT value FROM settings WHERE name = 'secret'").get().value;
    },

    /** Saves what waits and closes the file. */
    close() {
      flush();
      db.close();
    },
  };
}
