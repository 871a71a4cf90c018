/**
 * The engine's enums as the numbers that cross its border. The other half is `src/web/numbers.rs`;
 * `tests/web.rs` holds the two together.
 */

/** What the engine is told, by number; `Told` in `src/web/numbers.rs` says what comes with each. */
export const TOLD = {
  send: 0,
  standing: 1,
  poll: 2,
  fields: 3,
  set: 4,
  configure: 5,
  cancel: 6,
  open: 7,
  close: 8,
  disconnect: 9,
  name: 10,
  relink: 11,
  logOut: 12,
  keep: 13,
  learn: 14,
  receiptless: 15,
  destroy: 16,
  granted: 17,
  linkUp: 18,
  over: 19,
  looked: 20,
  receipt: 21,
  acked: 22,
  timeout: 23,
  authorized: 24,
  linkDown: 25,
  joined: 26,
  joinRejected: 27,
  ponged: 28,
  heard: 29,
  woke: 30,
  keepAgain: 31,
  stopKeeping: 32,
  isOpen: 33,
  generation: 34,
  opened: 35,
  storageFailed: 36,
  locked: 37,
  gathered: 38,
  segment: 39,
  row: 40,
  read: 41,
  committed: 42,
  taken: 43,
  hello: 44,
  settledElsewhere: 45,
  has: 46,
  hasElsewhere: 47,
  names: 48,
};

/** What is called for of the Socket, by number; `What` in `src/web/call.rs` says what comes with each. */
export const WIRE = {
  begin: 0,
  open: 1,
  shut: 2,
  untried: 3,
  emit: 4,
  ask: 5,
  heartbeat: 6,
  clogged: 7,
  identity: 8,
  clean: 9,
  transport: 10,
  came: 11,
};

/** What the engine orders, by number: who carries it out. */
export const ORDERS = /** @type {const} */ ([
  'none',
  'authorize',
  'connect',
  'disconnect',
  'join',
  'ping',
  'transmit',
  'settle',
  'report',
  'changed',
  'openStorage',
  'receipt',
  'ended',
  'foreign',
  'learned',
  'receiptless',
  'look',
  'closeStorage',
  'remember',
  'lock',
  'unlock',
  'gather',
  'read',
  'put',
  'move',
  'list',
  'drop',
  'commit',
  'take',
  'erased',
  'share',
  'hello',
  'ask',
  'cancelElsewhere',
  'storageFailed',
]);

/** As many numbers come with an order. */
export const FIELDS = 6;

/** @type {readonly import('../types/index.d.ts').Phase[]} */
export const PHASES = [
  'idle',
  'waiting',
  'authorizing',
  'connecting',
  'joining',
  'ready',
  'suspect',
  'closed',
];

/** What an unsettled message waits for; see `Standing` in the types. */
export const STANDINGS = /** @type {const} */ (['none', 'link', 'turn', 'delay', 'answer']);

export const GRANT = { granted: 0, absent: 1, failed: 2 };
/** `retryAfter` comes with a span in milliseconds. */
export const DOWN = { lost: 0, final: 1, retryAfter: 2, kicked: 3 };
/** `tryAfter` comes with a span in milliseconds. */
export const VERDICT = { accepted: 0, refused: 1, tryAgain: 2, tryAfter: 3 };
export const SEND_FLAG = { strict: 1, once: 2, durable: 4, restored: 8 };
/** What is told of a segment that was read, and of a message in it. */
export const SEGMENT_FLAG = { former: 1, ours: 2 };
export const ROW_FLAG = { settled: 1, away: 2 };
/** What became of a message that was taken up from the disk. */
export const TAKEN = { new: 0, known: 1, refused: 2 };
/** How a message may settle as a success: its flag is that of the way's place, times `WAY_FLAG`. */
export const WAYS = ['acked', 'always', 'received', 'latest'];
export const WAY_FLAG = 16;

/** How a message ended: the code that the app gets, or none where the server's own answer says it. */
export const OUTCOMES = [
  'DELIVERED',
  '',
  '',
  'ACK_TIMEOUT',
  'LINK_LOST',
  'EXPIRED',
  'CANCELLED',
  'CLOSED',
  'LOGGED_OUT',
  'RECEIVED',
  'SUPERSEDED',
];
export const DELIVERED = 0;
export const REFUSED = 1;
export const CLOSED = 7;
export const RECEIVED = 9;
export const SUPERSEDED = 10;

/** Why a send was not taken: the code, by the negative number that answers it. */
export const SEND_ERRORS = { '-1': 'QUEUE_FULL', '-2': 'CLOSED' };

/** What the engine tells the developer; the last one only where there are pings. */
export const NOTICES = [
  'the join was not confirmed in time: going on without',
  'the server is silent: the link is replaced',
  'no connection in time: trying again',
  'auth did not answer in time: trying again',
  'the server answers no ping: set health.event to null',
];
export const UNPINGED = 4;

/** The slot in which a message's number lives. Dense, and used again once the message has settled. */
export const slotOf = (/** @type {number} */ seq) => seq % 2 ** 20;

/**
 * The engine's configuration, in the order in which it reads it.
 * @param {import('../types/settings.d.ts').Settings} settings
 */
export const configNumbers = ({ send, queue, reconnect, authTimeoutMs, join, health }) => [
  send.ackTimeoutMs,
  send.retries,
  send.backoffMs,
  send.backoffMaxMs,
  send.window,
  send.windowBytes,
  queue.capacity,
  queue.maxBytes,
  reconnect.minMs,
  reconnect.maxMs,
  reconnect.spreadMs,
  reconnect.stableMs,
  authTimeoutMs,
  reconnect.connectTimeoutMs,
  join ? join.fallbackMs : 0,
  health ? health.intervalMs : 0,
  health ? health.timeoutMs : 0,
  health ? health.probeMs : 0,
];
