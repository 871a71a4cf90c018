/**
 * The numbers that cross the border between the shell and the engine. The other half is `src/border/numbers.rs`;
 * `tests/web.rs` checks that both agree.
 */

/** Commands and facts for the engine; `Told` in `src/border/told.rs` lists the arguments of each. */
export const TOLD = {
  send: 0,
  standing: 1,
  poll: 2,
  fields: 3,
  set: 4,
  configure: 5,
  cancel: 6,
  open: 7,
  hold: 8,
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
  page: 30,
  reopen: 31,
  named: 32,
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
  asked: 46,
  hasElsewhere: 47,
  echoed: 48,
  measured: 49,
  leave: 50,
  hasEnded: 51,
  endedElsewhere: 52,
  greeted: 53,
  askedForRoom: 54,
  said: 55,
  unsaid: 56,
  remember: 57,
  unremember: 58,
  resetLogout: 59,
  emitSoon: 60,
  warns: 61,
  askOnline: 62,
  live: 63,
  came: 64,
  seen: 65,
  replied: 66,
  isAlias: 67,
  typing: 68,
  isOurs: 69,
  resynced: 70,
  listed: 71,
  isLeftNews: 72,
  isPresenceStale: 73,
  names: 74,
  accepts: 75,
  wantsGrant: 76,
  follow: 77,
  begun: 78,
  feeds: 79,
  feed: 80,
  feedBegins: 81,
  item: 82,
  readFeed: 83,
};

/** The page's events, by number. */
export const PAGE_EVENTS = /** @type {const} */ ([
  'online',
  'pagehide',
  'pageshow',
  'visibilitychange',
  'resume',
]);

/** Calls of the module about the Socket; `What` in `src/web/call.rs` lists the arguments of each. */
export const WIRE = {
  begin: 0,
  open: 1,
  shut: 2,
  emit: 3,
  ask: 4,
  identity: 5,
  clean: 6,
  came: 7,
  attach: 8,
  heard: 9,
  drained: 10,
  upgraded: 11,
  upgradeFailed: 12,
};

/** The engine's orders, by number. */
export const ORDER = {
  none: 0,
  authorize: 1,
  connect: 2,
  disconnect: 3,
  join: 4,
  ping: 5,
  transmit: 6,
  settle: 7,
  report: 8,
  changed: 9,
  openStorage: 10,
  receipt: 11,
  ended: 12,
  foreign: 13,
  learned: 14,
  receiptless: 15,
  look: 16,
  closeStorage: 17,
  remember: 18,
  lock: 19,
  unlock: 20,
  gather: 21,
  read: 22,
  put: 23,
  move: 24,
  list: 25,
  drop: 26,
  commit: 27,
  take: 28,
  erased: 29,
  share: 30,
  hello: 31,
  ask: 32,
  cancelElsewhere: 33,
  storageFailed: 34,
  forgetLate: 35,
  replayEmit: 36,
  forgetValue: 37,
  emitDeferred: 38,
  returned: 39,
  askForMissed: 40,
  releaseBuffered: 41,
  askOnline: 42,
  stopTyping: 43,
  readFeed: 44,
};

/** Kinds of values that the order `forgetValue` names. */
export const VALUE = { remembered: 0, deferred: 1, answers: 2 };
/** Flags of an event from the server, and in `FATE` the engine's answer. */
export const CAME_FLAG = {
  fetched: 1,
  wantsAck: 2,
};
export const FATE = {
  isNews: 1,
  isDoubtful: 2,
  hasReply: 4,
  waits: 8,
};

/** The engine's answers about an item of a feed; any other answer drops it. */
export const ITEM = { shown: 1, shownWithKept: 2, keptBehind: 3, keptAlone: 4 };
/** A server's answers to the read of a feed. `failed` comes with the milliseconds until the next try. */
export const READ = { page: 0, reset: 1, failed: 2, refused: 3 };

/** How many numbers come with an order. */
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

/** The reasons why an unsettled message waits; see `Standing` in the types. */
export const STANDINGS = /** @type {const} */ (['none', 'link', 'turn', 'delay', 'answer']);

export const GRANT = { granted: 0, absent: 1, failed: 2 };
/** `retryAfter` comes with a time in milliseconds. */
export const DOWN = { lost: 0, final: 1, retryAfter: 2, kicked: 3 };
/** The meanings of an acknowledgement; `failed` has a code that tells nothing about the next attempt. */
export const READING = { accepted: 0, failed: 1, final: 2, limited: 3 };
/**
 * The app's own verdict is added times this: 0 for none, else its index in `WORDS` plus one. A verdict with a delay
 * counts as the index after the last.
 */
export const OPINION = 4;
/**
 * Flags of a send. `carriesId`: the payload has room for the id. `known`: an unsettled message has the id; `same`: it
 * is the same message.
 */
export const SEND_FLAG = {
  strict: 1,
  once: 2,
  durable: 4,
  restored: 8,
  carriesId: 64,
  long: 128,
  known: 256,
  same: 512,
};
/** The event's number is added times this. */
export const EVENT_FLAG = 1024;
/** Whether the app may have a link. `ends` is added when a session ended, and its emits with it. */
export const DOOR = { open: 0, paused: 1, loggedOut: 2, ends: 4 };
/** Flags of a segment that was read, and in `ROW_FLAG` of a message in it. */
export const SEGMENT_FLAG = { former: 1, ours: 2 };
export const ROW_FLAG = { settled: 1, away: 2 };
/** How a message may settle as a success. Its index times `WAY_FLAG` is added to the flags of a send. */
export const WAYS = ['acked', 'always', 'received', 'latest'];
export const WAY_FLAG = 16;

/** How a message ended: a success, or the code that the app gets. `ANSWER`: the code is in the server's answer. */
export const CODES = /** @type {const} */ ([
  'SUCCESS',
  'ANSWER',
  'ACK_TIMEOUT',
  'LINK_LOST',
  'EXPIRED',
  'CANCELLED',
  'CLOSED',
  'NO_RESPONSE',
  'LOGGED_OUT',
  'QUEUE_FULL',
  'DUPLICATE_ID',
  'INVALID_MESSAGE_PAYLOAD',
]);
/** How the success is known. */
export const CONFIRMATIONS = /** @type {const} */ ([undefined, 'ack', 'receipt', 'echo']);
/**
 * Added to the index in `CODES`; `by` and `audience` are factors: for the index in `CONFIRMATIONS`, and for who hears
 * of the end.
 */
export const CLAIM = { maybe: 16, retryable: 32, by: 64, audience: 256, timed: 1024, stays: 2048 };

/** The engine's warnings for the developer; the last one only if the option `health.event` is set. */
export const NOTICES = [
  'the join was not confirmed in time: sending anyway. See the option join.confirm, or set join: false',
  'the server is silent: reconnecting',
  'no connection in time: trying again',
  'auth did not answer in time: trying again',
  'the server does not answer pings: set health.event to null',
];
export const UNPINGED = 4;

/** The slot of a message's number. Slots are dense, and reused once the message has settled. */
export const slotOf = (/** @type {number} */ seq) => seq % 2 ** 20;
