// Tabs of one browser in one process: each has the whole package for itself, with globals of its own, which end with
// it. They share a disk, locks, channels, localStorage, a clock that a test can put forward, and a server in memory.

import { createLocks } from './locks.mjs';
import { createMemoryServer } from './memory-server.mjs';

const real = {
  setTimeout: globalThis.setTimeout.bind(globalThis),
  clearTimeout: globalThis.clearTimeout.bind(globalThis),
  queueMicrotask: globalThis.queueMicrotask.bind(globalThis),
};
const wall = Date.now.bind(Date);
const monotonic = performance.now.bind(performance);

/** What a tab runs, to be bundled: it leaves on `page` what the tests call. */
export const TAB = "import { createClient } from 'holdfast'; page.createClient = createClient;";

/** What a tab's code has in place of what is global. */
const GLOBALS = [
  ...['page', 'globalThis', 'self', 'window', 'document', 'navigator', 'sessionStorage'],
  ...['localStorage', 'indexedDB', 'BroadcastChannel', 'setTimeout', 'clearTimeout'],
  ...['queueMicrotask', 'performance', 'Date', 'AbortSignal', 'WebAssembly'],
];

/** Time that passes by itself, and at once where a test says so. */
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
    /** So much time passes, with all that is due in it. @param {number} ms */
    async pass(ms) {
      const end = now() + ms;
      for (;;) {
        // What is under way on the disk and between tabs gets there.
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
   * A page with the package in it.
   * @param {object} [options]
   * @param {string | null} [options.name] the journal that sessionStorage names
   * @param {Map<string, string>} [options.session] a sessionStorage that there is already, as after a reload
   * @param {boolean} [options.hasLocks]
   * @param {object} [options.globals] in place of others
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
    /** What a page does once it is over is nothing. */
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
      /** What `indexedDB.open` answers comes once this is done. @type {Promise<void> | null} */
      gate: null,
      createClient: /** @type {any} */ (null),
      /** Every lock that it ever asked for. @type {string[]} */
      locksWanted: [],
      /** The page goes into the back-forward cache, and comes back. */
      hide: () => target.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true })),
      show: () => target.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })),
      /** The page is gone: nothing of it runs any more. */
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
   * A client in a page of its own, and all that it said.
   * @param {Parameters<typeof openPage>[0] & { user?: string, options?: object }} [options]
   */
  function openTab({ user: first, options = {}, ...more } = {}) {
    const page = openPage(more);
    let user = first;
    const said = { failed: [], warned: [], settled: [], errors: [] };
    /** Messages that this tab sent. */
    const sent = new Set();
    let marks = 0;
    const client = page.createClient({
      url,
      auth: {},
      receipts: false,
      userId: () => user,
      health: { event: null, intervalMs: 1e9, timeoutMs: 2e9 },
      io: { transports: ['websocket'] },
      // A link that dies young with much in flight would narrow the next one.
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
      /** Asks for a link, as this user from now on. @param {string} [next] */
      open(next = user) {
        user = next;
        client.connect();
        return tab;
      },
      /** Sends a message that nobody waits for. */
      send(id, { event = 'send_message', data = { text: `of ${id}` }, ...given } = {}) {
        sent.add(String(id));
        client.send(event, data, { id: String(id), ...given }).catch(() => {});
      },
      /** The same; resolves once the server has it. */
      async add(id, given) {
        tab.send(id, given);
        await seen(() => tab.taken().includes(String(id)), `${id} arrives`);
      },
      /** What this tab has, though it did not send it: ids in order. */
      found: () => tab.outbox().filter((id) => !sent.has(id)),
      /** What waits, but for marks. */
      waiting: () => client.outbox().filter(({ id }) => !/^mark/.test(id)),
      outbox: () => tab.waiting().map(({ id }) => id),
      /** What the server has of this tab. */
      taken: () => server.ids(page.id).filter((id) => !/^mark/.test(id)),
      /** Resolves once all that may leave has left: what was kept is here, or is not waited for. */
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

/** @param {() => unknown} holds @param {string} what */
export async function seen(holds, what) {
  const begin = monotonic();
  while (!(await holds())) {
    if (monotonic() - begin > 10_000) throw new Error(`not within 10 s: ${what}`);
    await new Promise((go) => real.setTimeout(go, 2));
  }
}
