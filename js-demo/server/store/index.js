// The interface of the storage. There are two implementations: a SQLite file, and MongoDB.

/**
 * @typedef {{ sender: string, recipient: string, content: string, tempId: string | null }} Draft
 * @typedef {{ seq: number, sender: string, recipient: string, content: string, tempId: string | null,
 *   createdAt: string, read: boolean }} Row `seq` numbers the messages in the order in which they were saved: a reader
 *   who has seen a number will never find a new message with a lower one
 *
 * @typedef {object} Store
 * @property {(draft: Draft) => Promise<{ row: Row, isDuplicate: boolean, isTold: boolean }>} append saves a message and
 *   its notification, and resolves once both are on disk. A message with a known sender and id is not saved again: the
 *   existing row is returned. Rows are numbered in the order of the calls
 * @property {() => Promise<Row[]>} untold the messages that have not been published yet, ascending
 * @property {(seqs: number[]) => Promise<void>} markTold
 * @property {(one: string, other: string, range: { before: number, limit: number }) => Promise<Row[]>}
 *   conversation the newest messages between two users below `before`, ascending
 * @property {(user: string, after: number, limit: number) => Promise<Row[]>} missed the messages to and from a user
 *   after a given message, ascending
 * @property {(user: string) => Promise<Record<string, { count: number, upTo: number }>>} unread by sender: the number of
 *   unread messages, and the last one of them
 * @property {(reader: string, sender: string) => Promise<{ read: number, upTo: number | null }>} markRead returns how
 *   many messages it marked, and the last one of them
 * @property {(user: string, limit: number) => Promise<(Row & { notificationRead: boolean })[]>} notifications the
 *   messages whose notifications are not deleted, newest first
 * @property {(user: string, seq: number) => Promise<boolean>} readNotification whether it exists
 * @property {(user: string) => Promise<void>} readAllNotifications
 * @property {(user: string, seq: number) => Promise<boolean>} deleteNotification whether it existed
 * @property {import('holdfast/server').CountingFeedStore} feeds
 * @property {() => Promise<string>} secret the secret of this database, made at the first call
 * @property {() => Promise<void>} close resolves after everything that was passed to it is saved
 */

/**
 * @param {{ MONGODB_URL: string | null, DATABASE: string }} settings
 * @returns {Promise<Store>}
 */
export async function openStore({ MONGODB_URL, DATABASE }) {
  // Loads only the driver that is used.
  if (MONGODB_URL) {
    const { openMongo } = await import('./mongo.js');
    return openMongo(MONGODB_URL);
  }
  const { openLibsql } = await import('./libsql.js');
  return openLibsql(DATABASE);
}
