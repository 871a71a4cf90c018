// What the server keeps, behind one interface: in a SQLite file, or in MongoDB.

/**
 * @typedef {{ sender: string, recipient: string, content: string, tempId: string | null }} Draft
 * @typedef {{ seq: number, sender: string, recipient: string, content: string, tempId: string | null,
 *   createdAt: string, read: boolean }} Row `seq` counts the messages in the order in which they
 *   were saved: whoever has seen one will never meet a new one below it
 *
 * @typedef {object} Store
 * @property {(draft: Draft) => Promise<{ row: Row, isDuplicate: boolean, isTold: boolean }>} append saves
 *   a message and its notification, and resolves once both are on the disk. One whose sender and id are
 *   known is not saved again: its first row is the answer. Rows are numbered in the order of the calls
 * @property {() => Promise<Row[]>} untold the messages that nobody was told of yet, ascending
 * @property {(seqs: number[]) => Promise<void>} markTold
 * @property {(one: string, other: string, range: { before: number, limit: number }) => Promise<Row[]>}
 *   conversation the newest messages of two people below `before`, ascending
 * @property {(user: string, after: number, limit: number) => Promise<Row[]>} missed to and from somebody,
 *   after a message, ascending
 * @property {(user: string) => Promise<Record<string, { count: number, upTo: number }>>} unread by sender:
 *   how many messages, and the last of them
 * @property {(reader: string, sender: string) => Promise<{ read: number, upTo: number | null }>}
 *   markRead how many messages it marked, and the last of them
 * @property {(user: string, limit: number) => Promise<(Row & { notificationRead: boolean })[]>}
 *   notifications the messages whose notifications are there, newest first
 * @property {(user: string, seq: number) => Promise<boolean>} readNotification whether it is there
 * @property {(user: string) => Promise<void>} readAllNotifications
 * @property {(user: string, seq: number) => Promise<boolean>} deleteNotification whether it was there
 * @property {import('holdfast/server').CountingFeedStore} feeds
 * @property {() => Promise<string>} secret of this database, made when it was first asked for
 * @property {() => Promise<void>} close after what was handed to it is saved
 */

/**
 * @param {{ MONGODB_URL: string | null, DATABASE: string }} settings
 * @returns {Promise<Store>}
 */
export async function openStore({ MONGODB_URL, DATABASE }) {
  // Only the driver that is used is loaded.
  if (MONGODB_URL) {
    const { openMongo } = await import('./mongo.js');
    return openMongo(MONGODB_URL);
  }
  const { openLibsql } = await import('./libsql.js');
  return openLibsql(DATABASE);
}
