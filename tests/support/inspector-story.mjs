// A recording for the inspector's tests, made up: a client connects, its link is cut for eight seconds while the user
// goes on writing, and what waited leaves afterwards. It needs no server, no clock and no module.

/**
 * @typedef {import('../../pkg-template/inspector/replay.d.ts').View} View
 * @typedef {import('../../pkg-template/inspector/replay.d.ts').Step} Step
 * @typedef {import('../../pkg-template/inspector/replay.d.ts').Message} Message
 * @typedef {import('../../pkg-template/inspector/source.d.ts').Source} Source
 */

const CUT_AT = 8_400;
const READY_AGAIN_AT = 16_600;

/** Every so many steps the whole view is kept, so that a seek replays only what comes after it. */
const SNAPSHOT_EVERY = 256;

const TEXTS = [
  ['message:send', 'Good morning!'],
  ['message:send', 'Did the deploy go out?'],
  ['message:read', { conversation: 'team' }],
  ['room:rename', { room: 'ops', title: 'Operations' }],
  ['message:send', 'I am on the train now'],
  ['message:send', 'tunnel in a minute, writing on'],
  ['message:send', 'So, about the release:'],
  ['message:send', '1. freeze on Thursday'],
  ['message:send', '2. notes by Friday noon'],
  ['profile:update', { status: 'travelling' }],
  ['message:send', { text: 'photo.jpg', bytes: 182_000 }],
  ['message:send', 'and that was the photo'],
];

/** @returns {View} */
const emptyView = () => ({
  steps: 0,
  at: 0,
  phase: 'idle',
  epoch: 0,
  nextAttemptAt: null,
  queued: 0,
  inFlight: 0,
  rttMs: null,
  lastPongAt: null,
  transport: null,
  receipts: 'unknown',
  user: 'anonymous',
  isAuthorized: false,
  isSaving: false,
  tabs: 0,
  link: [{ phase: 'idle', epoch: 0, from: 0, to: null }],
  events: [],
  roundTrips: [],
  messages: [],
  differsAt: null,
});

/** @typedef {{ step: Step, apply: (view: View) => void }} Row */

/** @returns {Row[]} */
function script() {
  /** @type {Row[]} */
  const rows = [];
  /**
   * @param {number} at
   * @param {Step['kind']} kind
   * @param {string} told
   * @param {string} says
   * @param {{ message?: number, numbers?: Record<string, number>, order?: string, answer?: number, apply?: (view: View) => void }} [more]
   */
  const add = (at, kind, told, says, more = {}) => {
    const numbers = Object.entries(more.numbers ?? {}).map(([name, value]) => ({ name, value }));
    rows.push({
      step: {
        index: 0,
        at,
        told,
        numbers: more.order ? [] : numbers,
        answer: more.answer ?? null,
        order: more.order ? { name: more.order, numbers } : null,
        says,
        kind,
        message: more.message ?? null,
        agrees: true,
      },
      apply: more.apply ?? (() => {}),
    });
  };
  /** @param {number} at @param {View['phase']} phase @param {number} epoch @param {number | null} [next] */
  const phase =
    (at, phase, epoch, next = null) =>
    (/** @type {View} */ view) => {
      const last = view.link.at(-1);
      if (last) last.to = at;
      view.link.push({ phase, epoch, from: at, to: null });
      Object.assign(view, { phase, epoch, nextAttemptAt: next });
    };
  /** @param {number} n @param {(message: Message, view: View) => void} change */
  const on = (n, change) => (/** @type {View} */ view) => {
    const message = view.messages.find((one) => one.n === n);
    if (message) change(message, view);
  };

  add(0, 'command', 'configure', 'The app configures the client.');
  add(12, 'command', 'name', 'The app names the user.', {
    numbers: { user: 1, subject: 0 },
    apply: (view) => {
      view.user = 'named';
    },
  });
  add(15, 'command', 'keep', 'The storage of this user opens.', {
    numbers: { generation: 0, is_new: 0 },
  });
  add(20, 'command', 'open', 'The app asks for a link.', {
    numbers: { is_paused: 0 },
    apply: phase(20, 'authorizing', 1),
  });
  add(20, 'order', 'poll', 'The client asks the app for credentials.', {
    order: 'authorize',
    numbers: { epoch: 1 },
  });
  add(48, 'fact', 'opened', 'The storage is open: messages survive a reload.', {
    apply: (view) => {
      view.isSaving = true;
      view.tabs = 1;
    },
  });
  add(64, 'command', 'granted', 'The app handed over credentials of this user.', {
    numbers: { epoch: 1, user: 1, subject: 1 },
    apply: (view) => {
      view.isAuthorized = true;
      phase(64, 'connecting', 1)(view);
    },
  });
  add(64, 'order', 'poll', 'The client connects: attempt 1.', {
    order: 'connect',
    numbers: { epoch: 1 },
  });
  add(212, 'fact', 'linkUp', 'The server accepted the connection.', {
    numbers: { epoch: 1, joins: 1 },
    apply: phase(212, 'joining', 1),
  });
  add(214, 'fact', 'over', 'The connection runs over WebSocket.', {
    numbers: { epoch: 1, is_polling: 0, largest: 1_000_000 },
    apply: (view) => {
      view.transport = 'websocket';
    },
  });
  add(290, 'fact', 'joined', "The server confirmed the user's room.", {
    numbers: { epoch: 1 },
    apply: phase(290, 'ready', 1),
  });
  add(318, 'fact', 'receipt', 'The server gives receipts.', {
    numbers: { epoch: 1, name: 1, is_plain: 0 },
    apply: (view) => {
      view.receipts = 'given';
    },
  });
  for (let at = 1_500, turn = 0; at < 23_000; at += 1_500, turn += 1) {
    if (at > CUT_AT - 500 && at < READY_AGAIN_AT + 200) continue;
    const ms = 36 + ((turn * 37) % 29) + (at > 16_000 && at < 19_000 ? 140 : 0);
    add(at, 'order', 'poll', 'The client pings the server.', { order: 'ping' });
    add(at + ms, 'fact', 'ponged', `The server answered a ping after ${ms} ms.`, {
      numbers: { epoch: at < CUT_AT ? 1 : 4 },
      apply: (view) => {
        view.rttMs = ms;
        view.lastPongAt = at + ms;
        view.roundTrips.push({ at: at + ms, ms, of: 'ping' });
      },
    });
  }

  /** @param {number} n @param {number} at */
  const send = (n, at) => {
    const isDurable = n !== 3 && n !== 10;
    const bytes = n === 11 ? 182_211 : 74 + n * 9;
    add(at, 'command', 'send', `The app sends message ${n} (${bytes} bytes).`, {
      message: n,
      numbers: {
        lane: n % 5 === 0 ? 2 : 1,
        bytes,
        flags: isDurable ? 5 : 1,
        ttl: 0,
        ack_timeout: 0,
      },
      answer: 100 + n,
      apply: (view) => {
        view.messages.push({
          n,
          seq: 100 + n,
          event: n,
          lane: n === 3 || n === 10 ? 2 : 1,
          bytes,
          way: n === 3 ? 'received' : n === 10 ? 'latest' : 'acked',
          isDurable,
          isStrict: n === 4,
          attempts: 0,
          state: 'waiting',
          saved: isDurable ? 'saving' : 'memory',
          wait: null,
          result: null,
          marks: [{ at, what: 'sent', attempt: 0 }],
        });
      },
    });
    if (!isDurable) return;
    add(at + 1, 'order', 'poll', `Message ${n} is written to disk.`, {
      message: n,
      order: 'put',
      numbers: { message: 100 + n },
    });
    add(at + 14, 'fact', 'committed', `Message ${n} is on disk.`, {
      message: n,
      numbers: { transaction: n, is_done: 1 },
      apply: on(n, (message) => {
        message.saved = 'disk';
        message.marks.push({ at: at + 14, what: 'saved', attempt: 0 });
      }),
    });
  };
  /** @param {number} n @param {number} at @param {number} [attempt] */
  const leave = (n, at, attempt = 1) =>
    add(at, 'order', 'poll', `Message ${n} leaves${attempt > 1 ? `, attempt ${attempt}` : ''}.`, {
      message: n,
      order: 'transmit',
      numbers: { message: 100 + n, attempt },
      apply: on(n, (message) => {
        message.state = 'in-flight';
        message.attempts = attempt;
        message.marks.push({ at, what: 'left', attempt });
      }),
    });
  /** @param {number} n @param {number} at @param {NonNullable<Message['result']>} result */
  const settle = (n, at, result) =>
    add(
      at,
      'order',
      'poll',
      result.code === 'SUCCESS'
        ? `Message ${n} settles: delivered.`
        : `Message ${n} settles with ${result.code}.`,
      {
        message: n,
        order: 'settle',
        numbers: { message: 100 + n },
        apply: on(n, (message) => {
          message.state = 'settled';
          message.result = result;
          message.marks.push({ at, what: 'settled', attempt: 0 });
        }),
      },
    );
  /** @param {number} n @param {number} at @param {number} ms @param {number} [attempt] */
  const ack = (n, at, ms, attempt = 1) => {
    add(at, 'fact', 'acked', `The server acknowledged message ${n}.`, {
      message: n,
      numbers: { message: 100 + n, attempt, said: 0, span: 0, own_span: 0 },
      answer: 1,
      apply: on(n, (message, view) => {
        view.roundTrips.push({ at, ms, of: 'message' });
        view.rttMs = ms;
        message.marks.push({ at, what: 'acked', attempt });
      }),
    });
    settle(n, at, { code: 'SUCCESS', by: 'ack', maybeDelivered: false });
  };
  /** @param {number} n @param {number} at @param {string} code @param {number} [attempt] */
  const refuse = (n, at, code, attempt = 1) =>
    add(at, 'fact', 'acked', `The server refused message ${n}: ${code}.`, {
      message: n,
      numbers: { message: 100 + n, attempt, said: 2, span: 0, own_span: 0 },
      answer: 1,
      apply: on(n, (message) => {
        message.state = 'waiting';
        message.marks.push({ at, what: 'refused', attempt });
      }),
    });

  /** @param {number} n @param {number} at @param {number} ms */
  const quick = (n, at, ms) => {
    send(n, at);
    leave(n, at + 16);
    ack(n, at + 16 + ms, ms);
  };
  quick(1, 1_200, 58);
  quick(2, 2_700, 71);
  quick(3, 3_600, 49);
  send(4, 4_800);
  leave(4, 4_816);
  refuse(4, 4_888, 'FORBIDDEN');
  settle(4, 4_888, { code: 'FORBIDDEN', by: 'ack', maybeDelivered: false });
  quick(5, 6_100, 92);
  send(6, 7_700);
  leave(6, 7_716);

  add(7_950, 'fact', 'heard', 'Nothing has arrived for a while.', {
    apply: phase(7_950, 'suspect', 1),
  });
  add(CUT_AT, 'fact', 'linkDown', 'The connection ended: the transport was closed.', {
    numbers: { epoch: 1, cause: 3, span: 0 },
    apply: (view) => {
      phase(CUT_AT, 'waiting', 1, 9_400)(view);
      view.transport = null;
      view.events.push({ at: CUT_AT, text: 'The connection ended: the transport was closed.' });
      for (const message of view.messages) {
        if (message.state === 'in-flight') message.state = 'waiting';
      }
    },
  });
  add(CUT_AT, 'order', 'poll', 'The client ends what is left of the connection.', {
    order: 'disconnect',
    numbers: { epoch: 1 },
  });
  /** @param {number} epoch @param {number} at @param {number} ms @param {number} next */
  const attempt = (epoch, at, ms, next) => {
    add(at, 'timer', 'timeout', 'The timer fired: it is time for the next attempt.', {
      apply: phase(at, 'connecting', epoch),
    });
    add(at, 'order', 'poll', `The client connects: attempt ${epoch}.`, {
      order: 'connect',
      numbers: { epoch },
    });
    add(at + ms, 'fact', 'linkDown', `Attempt ${epoch} failed: the server cannot be reached.`, {
      numbers: { epoch, cause: 1, span: 0 },
      apply: (view) => {
        phase(at + ms, 'waiting', epoch, next)(view);
        view.events.push({ at: at + ms, text: `Attempt ${epoch} failed: no route to the server.` });
      },
    });
  };
  attempt(2, 9_400, 420, 11_700);
  attempt(3, 11_700, 510, 16_000);
  [9_000, 9_900, 10_950, 12_400, 13_800, 15_100].forEach((at, index) => {
    send(7 + index, at);
  });
  add(16_000, 'timer', 'timeout', 'The timer fired: it is time for the next attempt.', {
    apply: phase(16_000, 'connecting', 4),
  });
  add(16_000, 'order', 'poll', 'The client connects: attempt 4.', {
    order: 'connect',
    numbers: { epoch: 4 },
  });
  add(16_390, 'fact', 'linkUp', 'The server accepted the connection.', {
    numbers: { epoch: 4, joins: 1 },
    apply: (view) => {
      phase(16_390, 'joining', 4)(view);
      view.transport = 'websocket';
    },
  });
  add(16_520, 'fact', 'receipt', 'The server answered a receipt: message 6 had arrived.', {
    message: 6,
    numbers: { epoch: 1, name: 1, is_plain: 0 },
  });
  settle(6, 16_520, { code: 'SUCCESS', by: 'receipt', maybeDelivered: false });
  add(READY_AGAIN_AT, 'fact', 'joined', "The server confirmed the user's room.", {
    numbers: { epoch: 4 },
    apply: (view) => {
      phase(READY_AGAIN_AT, 'ready', 4)(view);
      view.events.push({
        at: READY_AGAIN_AT,
        text: 'The link is ready again after 8.2 s and three attempts.',
      });
    },
  });
  leave(7, 16_604);
  leave(10, 16_606);
  ack(7, 16_760, 156);
  ack(10, 16_842, 236);
  leave(8, 16_764);
  ack(8, 16_932, 168);
  leave(9, 16_936);
  refuse(9, 17_180, 'BUSY');
  leave(9, 18_210, 2);
  ack(9, 18_290, 80, 2);
  leave(11, 18_296);
  refuse(11, 19_950, 'BUSY');

  rows.sort((a, b) => a.step.at - b.step.at);
  return rows;
}

/** Why each message waits: what the replay module answers from the engine. @param {View} view */
function explain(view) {
  const isReady = view.phase === 'ready';
  /** @type {Map<number, number>} */
  const firsts = new Map();
  view.queued = 0;
  view.inFlight = 0;
  for (const message of view.messages) {
    message.wait = null;
    if (message.state === 'settled') continue;
    view.queued += 1;
    const left = message.marks.findLast(({ what }) => what === 'left');
    const first = firsts.get(message.lane);
    firsts.set(message.lane, first ?? message.n);
    if (message.state === 'in-flight') {
      view.inFlight += 1;
      message.wait = {
        why: 'answer',
        text: `The server has not answered attempt ${message.attempts} yet.`,
        until: (left?.at ?? 0) + 10_000,
      };
    } else if (message.saved === 'saving') {
      message.wait = { why: 'saving', text: 'The message is being saved to disk.', until: null };
    } else if (!isReady) {
      const text =
        view.phase === 'waiting'
          ? 'The link is down and waits for the next attempt.'
          : 'The link is not ready yet.';
      message.wait = { why: 'link', text, until: view.nextAttemptAt };
    } else if (first !== undefined) {
      message.wait = {
        why: 'older',
        text: `Message ${first} of the same lane goes first.`,
        until: null,
      };
    } else if (left) {
      message.wait = {
        why: 'retry',
        text: 'The server was busy. The message leaves again.',
        until: (message.marks.at(-1)?.at ?? 0) + 4_200,
      };
    } else {
      message.wait = { why: 'turn', text: 'The message leaves next.', until: null };
    }
  }
}

/**
 * @param {{ isLive?: boolean, title?: string, differsAt?: number, panic?: string, extra?: number, until?: number, crowd?: number }} [options]
 *   `extra`: so many steps more, which change nothing. `until`: ends there, in milliseconds. `crowd`: so many messages more,
 *   sent throughout the story
 */
export function tellStory(options = {}) {
  const { isLive = false, extra = 0, until = Infinity, crowd = 0, differsAt } = options;
  let rows = script().filter(({ step }) => step.at <= until);
  if (crowd > 0) rows = crowded(rows, crowd);
  for (let index = 0; index < extra; index += 1) {
    const at = 23_000 + index;
    rows.push({
      step: {
        ...{ index: 0, at, told: 'heard', numbers: [{ name: 'epoch', value: 4 }], answer: 0 },
        ...{ order: null, says: 'A packet arrived.', kind: 'fact', message: null, agrees: true },
      },
      apply: () => {},
    });
  }
  rows.forEach(({ step }, index) => {
    step.index = index;
    step.agrees = index !== differsAt;
  });

  /** @type {Map<number, View>} */
  const snapshots = new Map([[0, emptyView()]]);
  /** @param {number} count steps */
  const viewAfter = (count) => {
    const known = Math.floor(count / SNAPSHOT_EVERY) * SNAPSHOT_EVERY;
    let from = known;
    while (!snapshots.has(from)) from -= SNAPSHOT_EVERY;
    const view = structuredClone(/** @type {View} */ (snapshots.get(from)));
    for (let index = from; index < count; index += 1) {
      const row = rows[index];
      row?.apply(view);
      view.steps = index + 1;
      view.at = row?.step.at ?? 0;
      if (view.steps % SNAPSHOT_EVERY === 0) snapshots.set(view.steps, structuredClone(view));
    }
    explain(view);
    if (differsAt !== undefined && count > differsAt) view.differsAt = differsAt;
    return view;
  };

  /** @type {Set<() => void>} */
  const listeners = new Set();
  let length = isLive ? 0 : rows.length;
  let position = -1;
  let startedAt = 0;
  let current = viewAfter(length);
  const notify = () => {
    for (const listener of listeners) listener();
  };
  /** @type {Source & Record<string, any>} */
  const source = {
    title: options.title ?? (isLive ? 'chat.example.com' : 'tunnel.holdfast'),
    isLive,
    isWhole: true,
    note: null,
    panic: options.panic ?? null,
    get length() {
      return length;
    },
    labels: new Map(
      TEXTS.map(([event, data], index) => [
        101 + index,
        { event: String(event), id: `01J9-${(index * 7919 + 4096).toString(36)}`, data },
      ]),
    ),
    eventNames: new Map(TEXTS.map(([event], index) => [1 + index, String(event)])),
    view: () => current,
    seek: async (index) => {
      position = Math.max(0, Math.min(index, length - 1));
      current = viewAfter(position + 1);
      notify();
      return current;
    },
    follow: () => {
      position = -1;
      current = viewAfter(length);
      notify();
    },
    step: async (index) => {
      const row = rows[index];
      if (!row || index >= length) throw new RangeError(`there is no step ${index}`);
      return row.step;
    },
    find: async (text) => {
      const from = position < 0 ? 0 : position + 1;
      const wanted = text.toLowerCase();
      return rows.findIndex(
        ({ step }, index) =>
          index >= from &&
          index < length &&
          `${step.says} ${step.told} ${step.order?.name ?? ''}`.toLowerCase().includes(wanted),
      );
    },
    now: () => (startedAt ? performance.now() - startedAt : (rows[length - 1]?.step.at ?? 0)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    export: async () =>
      new Blob([JSON.stringify(rows.map(({ step }) => step))], { type: 'application/json' }),
  };
  return {
    source,
    /** Reveals all steps up to a moment. @param {number} at */
    advance(at) {
      while (length < rows.length && (rows[length]?.step.at ?? Infinity) <= at) length += 1;
      startedAt = performance.now() - at;
      if (position < 0) current = viewAfter(length);
      notify();
    },
  };
}

/** Many short messages around the twelve. @param {Row[]} rows @param {number} count */
function crowded(rows, count) {
  const more = [...rows];
  for (let index = 0; index < count; index += 1) {
    const n = 13 + index;
    const sent = 400 + (index * 19_000) / count;
    const isCut = sent > CUT_AT - 100 && sent < READY_AGAIN_AT;
    const left = isCut ? READY_AGAIN_AT + 10 + index * 4 : sent + 4;
    const end = left + 60 + ((index * 31) % 50);
    /** @param {number} at @param {string} says @param {(message: Message) => void} change */
    const add = (at, says, change) =>
      more.push({
        step: {
          ...{ index: 0, at, told: 'poll', numbers: [], answer: null, order: null, says },
          ...{ kind: 'order', message: n, agrees: true },
        },
        apply: (view) => {
          let message = view.messages.find((one) => one.n === n);
          if (!message) {
            message = {
              ...{ n, seq: 100 + n, event: 0, lane: 3 + (n % 4), bytes: 90, way: 'acked' },
              ...{ isDurable: false, isStrict: false, attempts: 0, state: 'waiting' },
              ...{ saved: 'memory', wait: null, result: null, marks: [] },
            };
            view.messages.push(message);
          }
          change(message);
        },
      });
    add(sent, `The app sends message ${n}.`, (message) => {
      message.marks.push({ at: sent, what: 'sent', attempt: 0 });
    });
    add(left, `Message ${n} leaves.`, (message) => {
      message.state = 'in-flight';
      message.attempts = 1;
      message.marks.push({ at: left, what: 'left', attempt: 1 });
    });
    add(end, `Message ${n} settles: delivered.`, (message) => {
      message.state = 'settled';
      message.result = { code: 'SUCCESS', by: 'ack', maybeDelivered: false };
      message.marks.push({ at: end, what: 'acked', attempt: 1 });
      message.marks.push({ at: end, what: 'settled', attempt: 0 });
    });
  }
  more.sort((a, b) => a.step.at - b.step.at);
  return more;
}

/**
 * @param {Source[]} list
 * @param {{ missed?: number }} [options]
 * @returns {import('../../pkg-template/inspector/source.d.ts').Sources & { add: (source: Source) => void }}
 */
export function sourcesOf(list, { missed = 0 } = {}) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const add = (/** @type {Source} */ source) => {
    list.push(source);
    for (const listener of listeners) listener();
  };
  return {
    list: () => list,
    missed: () => missed,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: async (file) => {
      if (!/\.holdfast$/.test(file.name)) {
        throw new Error('this is not a recording of Holdfast');
      }
      const { source } = tellStory({ title: file.name });
      add(source);
      return source;
    },
    add,
  };
}
