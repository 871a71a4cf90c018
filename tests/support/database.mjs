// Reads the demo server's database file, while the server runs or after it was killed.

import { requireFromDemo } from './paths.mjs';

/**
 * The saved messages, in the order in which the server saved them.
 *
 * @param {string} file
 * @returns {{ seq: number, sender: string, recipient: string, content: string, tempId: string }[]}
 */
export function readMessages(file) {
  return query(
    file,
    'SELECT seq, sender, recipient, content, temp_id AS tempId FROM messages ORDER BY seq',
  );
}

/** The number of saved messages. */
export function countMessages(file) {
  return query(file, 'SELECT count(*) AS n FROM messages')[0].n;
}

function query(file, sql) {
  const Database = requireFromDemo('libsql');
  const database = new Database(file, { timeout: 5_000 });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
