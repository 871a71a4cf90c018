/** What the server sends: repeats dropped, and each helper's callbacks told once, whatever its name. */

import { idOf } from './credentials.js';
import { createListeners, createMemory } from './listeners.js';
import { call } from './report.js';

/** What arrives under a second name within this time is the same thing. */
const ALIAS_MS = 2000;
/** Things that are kept in mind for that. */
const ALIASES = 1000;

/** @typedef {'message' | 'sent' | 'typing' | 'friendRequest' | 'friendAccepted'} Helper */
/** @type {Helper[]} */
const HELPERS = ['message', 'sent', 'typing', 'friendRequest', 'friendAccepted'];

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {(id: string | undefined) => void} saw a message is handed on
 */
export function createInbound(settings, saw) {
  const helpers = new Map(HELPERS.map((name) => [name, createListeners()]));
  /** @type {Map<string, ReturnType<typeof createListeners>>} */
  const events = new Map();
  const seen = createMemory(() => settings().dedupe.size);
  /** What the helpers with several names were told lately, under which of them and when. */
  /** @type {Map<string, { event: string, at: number }>} */
  const told = new Map();
  /** Who is typing to us, until when. @type {Map<string, ReturnType<typeof setTimeout>>} */
  const typing = new Map();

  const tell = (/** @type {Helper} */ helper, /** @type {any} */ data) =>
    /** @type {ReturnType<typeof createListeners>} */ (helpers.get(helper)).tell(data);

  const stopTyping = (/** @type {string} */ userId) => {
    clearTimeout(typing.get(userId));
    if (typing.delete(userId)) tell('typing', { userId, isTyping: false });
  };

  const noteTyping = (/** @type {any} */ data) => {
    const userId = idOf(data?.userId);
    if (userId === undefined) return;
    clearTimeout(typing.get(userId));
    typing.delete(userId);
    if (data.isTyping === false) return;
    typing.set(userId, setTimeout(stopTyping, settings().events.typingExpiryMs, userId));
  };

  /** The id of what is dropped when it repeats. */
  const messageId = (/** @type {any} */ data) =>
    idOf(call(() => settings().dedupe.id(data?.notification ?? data)));

  /** The same thing under another of the helper's names. */
  const isAlias = (
    /** @type {Helper} */ helper,
    /** @type {string} */ event,
    /** @type {any} */ data,
  ) => {
    if (settings().events[helper].length < 2) return false;
    const id = helper === 'message' ? messageId(data) : undefined;
    const key = `${helper} ${id ?? call(JSON.stringify, data)}`;
    const before = told.get(key);
    const at = Date.now();
    if (before && before.event !== event && (id !== undefined || at - before.at < ALIAS_MS)) {
      return true;
    }
    told.delete(key);
    told.set(key, { event, at });
    if (told.size > ALIASES) told.delete(/** @type {string} */ (told.keys().next().value));
    return false;
  };

  return {
    /**
     * @param {string} event
     * @param {unknown[]} args
     * @returns {boolean} whether it is news; a repeat reaches nobody
     */
    isNews(event, args) {
      const { events: names } = settings();
      if (!names.message.includes(event) && event !== 'notification:new') return true;
      // One that wants an acknowledgement is answered each time.
      if (typeof args[args.length - 1] === 'function') return true;
      const data = /** @type {any} */ (args[0]);
      const id = messageId(data);
      const isNew = id === undefined || seen.isNew(`${event} ${id}`);
      if (isNew && event !== 'notification:new') saw(id);
      return isNew;
    },

    /** @param {string} event @param {unknown[]} args */
    handle(event, args) {
      const data = /** @type {any} */ (args[0]);
      for (const helper of HELPERS) {
        if (!settings().events[helper].includes(event) || isAlias(helper, event, data)) continue;
        if (helper === 'typing') noteTyping(data);
        if (helper === 'message') {
          const from = idOf(data?.sender?._id ?? data?.sender ?? data?.senderId);
          if (from !== undefined) stopTyping(from);
        }
        tell(helper, data);
      }
      events.get(event)?.tell(...args);
    },

    /** @param {Helper} helper @param {(data: any) => unknown} fn */
    onHelper: (helper, fn) =>
      /** @type {ReturnType<typeof createListeners>} */ (helpers.get(helper)).add(fn),

    /** @param {string} event @param {(...args: any[]) => unknown} fn */
    on(event, fn) {
      const listeners = events.get(event) ?? createListeners();
      events.set(event, listeners);
      return listeners.add(fn);
    },

    /** Nobody can end a typing mark over a link that is gone. */
    linkLost() {
      for (const userId of [...typing.keys()]) stopTyping(userId);
    },

    /** Forgets what was the user's. */
    forget() {
      seen.clear();
      told.clear();
    },
  };
}
