// The messages as the page shows them: a list of rows of all conversations, oldest first.
//
// A row is { tempId, id, peerId, isMine, content, createdAt, state, reason, maybeDelivered }.
// state: 'pending' until the server has answered, then 'sent' or 'failed'; 'received' for others' messages.

/** What happened to the rows, for `useReducer`. */
export function rowsReducer(rows, action) {
  switch (action.type) {
    case 'composed':
      return [...rows, action.row];
    case 'withdrawn':
      return rows.filter(({ tempId }) => tempId !== action.tempId);
    case 'retried':
      return change(rows, action.tempId, { state: 'pending', reason: null });
    case 'accepted':
      return sorted(change(rows, action.tempId, { state: 'sent', id: action.id }));
    case 'failed':
      return change(rows, action.tempId, {
        state: 'failed',
        reason: action.reason,
        maybeDelivered: action.maybeDelivered,
      });
    case 'received':
      return merge(rows, action.messages, action.me);
    default:
      throw new Error(`There is no action ${action.type}`);
  }
}

/** A row for a message that is about to be sent. */
export function composeRow(peerId, content) {
  return {
    tempId: newId(),
    id: null,
    peerId,
    isMine: true,
    content,
    createdAt: new Date().toISOString(),
    state: 'pending',
    reason: null,
    maybeDelivered: false,
  };
}

function change(rows, tempId, changes) {
  // What the server has once been seen to have stays sent.
  return rows.map((row) =>
    row.tempId === tempId && row.state !== 'sent' ? { ...row, ...changes } : row,
  );
}

/** The server's word on a message counts, whatever was known of it before. */
function merge(rows, messages, me) {
  const result = [...rows];
  const byId = new Map(rows.map((row, at) => [row.id ?? row.tempId, at]));
  const mineByTempId = new Map(rows.map((row, at) => [row.isMine ? row.tempId : null, at]));
  for (const message of messages) {
    const row = fromServer(message, me);
    const known =
      (row.isMine && row.tempId ? mineByTempId.get(row.tempId) : undefined) ?? byId.get(row.id);
    if (known === undefined) result.push(row);
    else result[known] = row;
  }
  return sorted(result);
}

function fromServer(message, me) {
  const isMine = message.sender._id === me;
  return {
    tempId: message._tempId,
    id: message._id,
    peerId: isMine ? message.recipient._id : message.sender._id,
    isMine,
    content: message.content,
    createdAt: message.createdAt,
    state: isMine ? 'sent' : 'received',
    reason: null,
    maybeDelivered: false,
  };
}

/** In the server's order, which its ids are in; what it doesn't have yet comes last, as it was written. */
function sorted(rows) {
  const place = ({ id }) => (id === null ? Number.POSITIVE_INFINITY : Number(id));
  return rows.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

function newId() {
  // randomUUID exists on https and localhost only, and the demo should work across a home network.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `temp_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
