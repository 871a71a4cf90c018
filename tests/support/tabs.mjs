// Tabs of one browser, in one process. Each tab runs its own copy of the package with its own globals, until it is ended.
// The tabs share a disk, locks, channels, localStorage, a server in memory, and a clock that a test can move forward.

import { createLocks } from './locks.mjs';
import { createMemoryServer } from './memory-server.mjs';

const real = {
  setTimeout: globalThis.setTimeout.bind(globalThis),
  clearTimeout: globalThis.clearTimeout.bind(globalThis),
  queueMicrotask: globalThis.queueMicrotask.bind(globalThis),
};
const wall = Date.now.bind(Date);
const monotonic = performance.now.bind(performance);

/** The module that each tab runs, after bundling. It puts on `page` what the tests call. */
export const TAB = "import { createClient } from 'holdfast'; page.createClient = createClient;";

/** The names that are replaced in the code of a tab. */
const GLOBALS = [
  ...['page', 'globalThis', 'self', 'window', 'document', 'navigator', 'sessionStorage'],
  ...['localStorage', 'indexedDB', 'BroadcastChannel', 'setTimeout', 'clearTimeout'],
  ...['queueMicrotask', 'performance', 'Date', 'AbortSignal', 'WebAssembly'],
];

/** A clock that runs in real time, and that a test can move forward. */
function createClock() {
  let lead = 0;
  let numbers = 0;
  /** @type {Map<number, { at: number, run: () => void, real: any }>} */
  const timers = new Map();
  const now = () => monotonic() + lead;
  return {
    now,
    wall: () => wall() + Math.round(lead),
    set(run, ms) {
      const number = ++numbers;
      const fire = () => {
        if (timers.delete(number)) run();
      };
      const timer = real.setTimeout(fire, ms);
      timers.set(number, { at: now() + ms, run: fire, real: timer });
      return number;
    },
    clear(number) {
      real.clearTimeout(timers.get(number)?.real);
      timers.delete(number);
    },
    /** Moves the clock, and runs all timers that are due until then. @param {number} ms */
    async pass(ms) {
      const end = now() + ms;
      for (;;) {
        // Let pending disk requests and messages between tabs arrive.
        for (let turn = 0; turn < 5; turn += 1) await new Promise((go) => real.setTimeout(go));
        const due = [...timers.values()].filter(({ at }) => at <= end);
        const [next] = due.sort((one, other) => one.at - other.at);
        if (!next) break;
        lead += Math.max(next.at - now(), 0);
        real.clearTimeout(next.real);
        next.run();
      }
      lead += Math.max(end - now(), 0);
    },
  };
}

/**
 * Creates an origin without any tabs.
 *
 * @param {string} code the bundle of `TAB`
 * @param {{ url?: string }} [options]
 */
export function createOrigin(code, { url = 'http://h' } = {}) {
  const clock = createClock();
  const server = createMemoryServer();
  const locks = createLocks();
  const run = new Function(...GLOBALS, code);
  let tabs = 0;
  server.take = ({ event, ack }) => event === 'mark' && ack({ success: true });

  class PageDate extends Date {
    static now() {
      return clock.wall();
    }
  }

  /**
   * Opens a page that runs the package.
   *
   * @param {object} [options]
   * @param {string | null} [options.name] the journal's name in sessionStorage
   * @param {Map<string, string>} [options.session] an existing sessionStorage, as after a reload
   * @param {boolean} [options.hasLocks] whether the browser has Web Locks
   * @param {object} [options.globals] replace the globals of this page
   */
  function openPage({ name = null, session = new Map(), hasLocks = true, globals = {} } = {}) {
    if (name) session.set('holdfast', name);
    tabs += 1;
    const id = `tab${tabs}`;
    const held = hasLocks ? locks.openPage() : undefined;
    const target = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const channels = new Set();
    const timers = new Set();
    const databases = new Set();
    let isOver = false;
    /** Wraps a function so that it does nothing after the page has ended. */
    const alive =
      (fn) =>
      (...args) =>
        isOver ? undefined : fn(...args);
    class Channel extends BroadcastChannel {
      constructor(channel) {
        super(channel);
        if (isOver) this.close();
        channels.add(this);
      }
    }
    const page = {
      id,
      session,
      /** If set, `indexedDB.open` answers only after this promise. @type {Promise<void> | null} */
      gate: null,
      createClient: /** @type {any} */ (null),
      /** The name of every lock that the page has requested. @type {string[]} */
      locksWanted: [],
      /** `hide`: the page goes into the back-forward cache. `show`: it comes back. */
      hide: () => target.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true })),
      show: () => target.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })),
      /** Ends the page: none of its code runs any more. */
      end() {
        if (isOver) return;
        isOver = true;
        for (const timer of timers) clock.clear(timer);
        for (const channel of channels) channel.close();
        for (const database of databases) database.close();
        server.drop(id);
        held?.end();
      },
    };
    const open = (...args) => {
      const request = indexedDB.open(...args);
      request.addEventListener('success', () => {
        databases.add(request.result);
        if (isOver) request.result.close();
      });
      const { gate } = page;
      if (!gate) return request;
      return {
        set onsuccess(fn) {
          request.onsuccess = () => gate.then(alive(fn));
        },
        set onerror(fn) {
          request.onerror = fn;
        },
        set onupgradeneeded(fn) {
          request.onupgradeneeded = fn;
        },
        get result() {
          return request.result;
        },
      };
    };
    const all = {
      page,
      document,
      navigator: {
        locks: held && {
          request(lock, ...args) {
            if (isOver) return new Promise(() => {});
            page.locksWanted.push(lock);
            return held.request(lock, ...args);
          },
        },
      },
      sessionStorage: {
        getItem: (key) => session.get(key) ?? null,
        setItem: alive((key, value) => session.set(key, value)),
      },
      localStorage: globalThis.localStorage,
      indexedDB: { open },
      BroadcastChannel: Channel,
      setTimeout(fn, ms = 0, ...args) {
        const timer = clock.set(
          alive(() => {
            timers.delete(timer);
            fn(...args);
          }),
          ms,
        );
        timers.add(timer);
        return timer;
      },
      clearTimeout(timer) {
        timers.delete(timer);
        clock.clear(timer);
      },
      queueMicrotask: (fn) => real.queueMicrotask(alive(fn)),
      performance: { now: clock.now },
      Date: PageDate,
      AbortSignal,
      WebAssembly,
      WebSocket: server.webSocketOf(id),
      ...globals,
    };
    const own = {
      ...all,
      addEventListener: target.addEventListener.bind(target),
      removeEventListener: target.removeEventListener.bind(target),
      crypto: { getRandomValues: (into) => crypto.getRandomValues(into) },
      reportError: globals.reportError ?? ((error) => console.error(error)),
    };
    Object.assign(all, { globalThis: own, self: own, window: own });
    run(...GLOBALS.map((key) => all[key]));
    return page;
  }

  /**
   * Opens a page with one client, and records everything that the client reports.
   *
   * @param {Parameters<typeof openPage>[0] & { user?: string, options?: object }} [options]
   */
  function openTab({ user: first, options = {}, ...more } = {}) {
    const page = openPage(more);
    let user = first;
    const said = { failed: [], warned: [], settled: [], errors: [] };
    /** The ids of the messages that this tab sent. */
    const sent = new Set();
    let marks = 0;
    const client = page.createClient({
      url,
      auth: {},
      receipts: false,
      userId: () => user,
      health: { event: null, intervalMs: 1e9, timeoutMs: 2e9 },
      io: { transports: ['websocket'] },
      // A connection that ends early with much in flight would make the next one send less at a time.
      reconnect: { minMs: 1, maxMs: 10, spreadMs: 0, stableMs: 0 },
      send: { ackTimeoutMs: 1e9, retries: 100 },
      logger: { warn: (text) => said.warned.push(text), debug() {} },
      onError(error) {
        said.errors.push(error);
        if (error.code === 'STORAGE_FAILED') said.failed.push(error.cause.message);
      },
      ...options,
    });
    client.onSettled(({ id, code }) => {
      if (!String(id).startsWith('mark')) said.settled.push([id, code]);
    });
    const tab = {
      id: page.id,
      page,
      client,
      said,
      /** Connects, as this user from now on. @param {string} [next] */
      open(next = user) {
        user = next;
        client.connect();
        return tab;
      },
      /** Sends a message without waiting for its result. */
      send(id, { event = 'send_message', data = { text: `of ${id}` }, ...given } = {}) {
        sent.add(String(id));
        client.send(event, data, { id: String(id), ...given }).catch(() => {});
      },
      /** Sends a message, and resolves when the server has received it. */
      async add(id, given) {
        tab.send(id, given);
        await seen(() => tab.taken().includes(String(id)), `${id} arrives`);
      },
      /** The ids in the outbox that this tab did not send itself, in order. */
      found: () => tab.outbox().filter((id) => !sent.has(id)),
      /** The outbox without marks. */
      waiting: () => client.outbox().filter(({ id }) => !/^mark/.test(id)),
      outbox: () => tab.waiting().map(({ id }) => id),
      /** The ids that the server has received from this tab, without marks. */
      taken: () => server.ids(page.id).filter((id) => !/^mark/.test(id)),
      /** Resolves when the saved messages are restored, or when the client no longer waits for them. */
      async isOpen() {
        marks += 1;
        const mark = `mark ${page.id} ${marks}`;
        client.send('mark', {}, { id: mark, durable: false, lane: mark }).catch(() => {});
        await seen(() => server.ids(page.id).includes(mark), 'it is open');
        return tab;
      },
      end: page.end,
    };
    return tab;
  }

  return { clock, server, locks, openPage, openTab, url };
}

/** Resolves when `holds` returns something truthy. @param {() => unknown} holds @param {string} what */
export async function seen(holds, what) {
  const begin = monotonic();
  while (!(await holds())) {
    if (monotonic() - begin > 10_000) throw new Error(`not within 10 s: ${what}`);
    await new Promise((go) => real.setTimeout(go, 2));
  }
}
