// Runs in each tab: sends messages on command, and reports at once the results and the messages that it saw. It reports
// through `window.tell`, so that a crash loses no report.

import { createClient } from 'holdfast';

const instance = crypto.randomUUID();
/** Sent by this page, and not found on the disk or taken from another tab. */
const own = new Set();
const kept = new Set();
let pending = 0;

/** @type {Record<string, any[]>} */
let facts = {};
function tell(kind, values) {
  if (Object.keys(facts).length === 0) {
    queueMicrotask(() => {
      window.tell({ instance, ...facts });
      facts = {};
    });
  }
  facts[kind] = [...(facts[kind] ?? []), ...values];
}

watchDisk((ids) => {
  for (const id of ids) kept.add(id);
  tell('kept', ids);
});

const client = createClient({
  ...window.options,
  onError: ({ code }) => code !== 'CONNECT_FAILED' && tell('errors', [code]),
});
client.onSettled(({ id, success, code }) => tell('settled', [{ id, success, code }]));
client.socket.onAnyOutgoing((event, data) => {
  if (event !== 'send_message') return;
  const id = data._tempId;
  if (!own.has(id)) tell('taken', [id]);
  else if (!kept.has(id)) tell('early', [id]);
});
client.connect();

/** @param {{ id: string, conversation: string, strict: boolean }[]} messages */
function send(messages) {
  tell(
    'sent',
    messages.map(({ id }) => id),
  );
  for (const { id, conversation, strict } of messages) {
    own.add(id);
    pending += 1;
    const done = () => {
      pending -= 1;
    };
    const data = { recipientId: conversation, content: id };
    client.send('send_message', data, { id, strict }).then(done, done);
  }
}

/** What is still to be done. */
const left = () => ({
  instance,
  pending,
  outbox: client.outbox().length,
  phase: client.getState().phase,
});

Object.assign(window, { chaos: { send, left, client } });

/** Says which messages have been committed to the disk, before the package hears of it. */
function watchDisk(committed) {
  const groups = new WeakMap();
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...how) {
    const made = transaction.apply(this, how);
    const ids = [];
    groups.set(made, ids);
    made.addEventListener('complete', () => ids.length > 0 && committed(ids));
    return made;
  };
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    const ids = value.messages?.map(({ id }) => id) ?? [];
    groups.get(this.transaction)?.push(...ids);
    return put.call(this, value, key);
  };
}
