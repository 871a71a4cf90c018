/** What the server sends: repeats dropped and answered, and each helper's callbacks told once, whatever its name. */

import { unref } from './clock.js';
import { idOf } from './credentials.js';
import { hash } from './generations.js';
import { createListeners, createMemory } from './listeners.js';
import { call } from './report.js';

/** What arrives under a second name within this time is the same thing. */
const ALIAS_MS = 2000;
/** Things that are kept in mind for that. */
const ALIASES = 1000;
/** A larger answer, in characters, is not kept: a repeat is handed on again, so that it is answered. */
const LARGEST_REPLY = 10_000;
/** Repeats of one message that wait for its first answer. */
const MOST_WAITING = 100;

/** @typedef {'message' | 'sent' | 'typing' | 'friendRequest' | 'friendAccepted'} Helper */
/** @type {Helper[]} */
const HELPERS = ['message', 'sent', 'typing', 'friendRequest', 'friendAccepted'];
const MESSAGE = Symbol.for('message');

/**
 * @typedef {object} Seen a message, or an id
 * @property {boolean} [isFetched] the app fetched it
 * @property {unknown[]} [reply] what the app answered
 * @property {Function[]} [waiting] acknowledgements of a message that was handed on, until the app answers
 *
 * @typedef {object} Told what the helpers with several names were told
 * @property {string} event under which of them
 * @property {number} at when
 */

/** @param {unknown[]} values @returns {string | undefined} nothing for what has no JSON */
export const jsonOf = (values) => {
  try {
    return JSON.stringify(values, (_key, value) =>
      value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value,
    );
  } catch {
    return undefined;
  }
};

/** A fingerprint of fixed size, however large the values are. What has no JSON equals nothing. */
const printOf = (/** @type {unknown[]} */ ...values) => {
  const json = jsonOf(values);
  return json === undefined ? {} : hash(json);
};

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {(id: string | undefined) => void} saw a message is handed on
 * @param {(event: string) => boolean} hasListeners whether the app listens on the Socket
 */
export function createInbound(settings, saw, hasListeners) {
  /** By events, and by the symbols of helpers. @type {Map<unknown, ReturnType<typeof createListeners>>} */
  const listeners = new Map();
  /** Each message twice: by its id, and by its id and content. @type {ReturnType<typeof createMemory<Seen>>} */
  const seen = createMemory(() => 2 * settings().dedupe.size);
  /** And, by their names, the events that the developer was told of. @type {ReturnType<typeof createMemory<Told>>} */
  const told = createMemory(() => ALIASES);
  /** Who is typing to us, until when. @type {Map<string, ReturnType<typeof setTimeout>>} */
  const typing = new Map();

  const tell = (/** @type {unknown} */ name, /** @type {unknown[]} */ args) =>
    listeners.get(name)?.tell(...args);

  const forgetTyping = (/** @type {string} */ userId) => {
    clearTimeout(typing.get(userId));
    return typing.delete(userId);
  };

  const stopTyping = (/** @type {string} */ userId) => {
    if (forgetTyping(userId)) tell(Symbol.for('typing'), [{ userId, isTyping: false }]);
  };

  const noteTyping = (/** @type {any} */ data) => {
    const userId = idOf(data?.userId);
    if (userId === undefined) return;
    forgetTyping(userId);
    if (data.isTyping === false) return;
    const timer = setTimeout(stopTyping, settings().events.typingExpiryMs, userId);
    unref(timer, settings().io);
    typing.set(userId, timer);
  };

  /** The id of what is dropped when it repeats. */
  const messageId = (/** @type {any} */ data) =>
    idOf(call(() => settings().dedupe.id(data?.notification ?? data)));

  /** The same thing under another of the helper's names. */
  const isAlias = (
    /** @type {Helper} */ helper,
    /** @type {string} */ event,
    /** @type {unknown[]} */ content,
  ) => {
    if (settings().events[helper].length < 2) return false;
    const id = helper === 'message' ? messageId(content[0]) : undefined;
    const now = { event, at: Date.now() };
    const before = told.recall(printOf(helper, id, content), now);
    if (before && before.event !== event && (id !== undefined || now.at - before.at < ALIAS_MS)) {
      return true;
    }
    Object.assign(before ?? now, now);
    return false;
  };

  /**
   * @param {any[]} packet the event and its arguments. Where the server wants an acknowledgement, the function for it
   *   becomes one that answers repeats too
   * @param {unknown[]} content the arguments that are the app's
   * @param {unknown} extra
   * @param {boolean | undefined} isFetched
   */
  const isNews = (packet, content, extra, isFetched) => {
    const [event] = packet;
    const names = settings().events.message;
    const isMessage = names.includes(event);
    if (!isMessage && event !== 'notification:new') return true;
    const id = messageId(content[0]);
    // What nobody heard is news when it comes again.
    const isHeard = [event, isMessage && MESSAGE].some((name) => listeners.get(name)?.any());
    let isNew = true;
    if (id !== undefined && (isHeard || hasListeners(event))) {
      // Fetched, it may have come under any name, and be written in another way.
      /** @type {Seen | undefined} */
      let named;
      for (const name of isFetched ? names : [event]) {
        named = seen.recall(printOf(name, id), { isFetched }) ?? named;
      }
      /** @type {Seen} */
      const fresh = {};
      const before = seen.recall(printOf(event, id, content), fresh);
      isNew = !before && !(named && (isFetched || named.isFetched));
      if (isNew && named && !told.recall(event, { event, at: 0 })) {
        settings().logger.warn(`'${event}' came with a known id and other content: see dedupe.id`);
      }
      const message = before ?? fresh;
      const wantsAck = typeof extra === 'function';
      if (wantsAck && message.reply) extra(...message.reply);
      else if (wantsAck) {
        isNew ||= !message.waiting;
        /** @type {Function[]} */
        const waiting = message.waiting ?? [];
        message.waiting = waiting;
        if (waiting.length < MOST_WAITING) waiting.push(extra);
        packet[packet.length - 1] = (/** @type {unknown[]} */ ...reply) => {
          if (message.waiting !== waiting) return;
          message.waiting = undefined;
          if (/** @type {any} */ (jsonOf(reply))?.length <= LARGEST_REPLY) message.reply = reply;
          for (const one of waiting.splice(0)) one(...reply);
        };
      }
    }
    if (isNew && isMessage) saw(id);
    return isNew;
  };

  return {
    tell,

    /**
     * Hands an event to the callbacks that were registered with us.
     * @param {any[]} packet its name and arguments
     * @param {unknown} [extra] the last argument where it is not the app's: the acknowledgement that the server wants,
     *   or its offset for connection state recovery
     * @param {boolean} [isFetched] the app fetched it
     * @returns {boolean} whether it is news; a repeat reaches nobody
     */
    receive(packet, extra, isFetched) {
      const [event, data] = packet;
      const content = packet.slice(1, extra === undefined ? undefined : -1);
      if (!isNews(packet, content, extra, isFetched)) return false;
      // With the acknowledgement that the server wants, and without its offset.
      const args = typeof extra === 'function' ? packet.slice(1) : content;
      for (const helper of HELPERS) {
        if (!settings().events[helper].includes(event) || isAlias(helper, event, content)) continue;
        if (helper === 'typing') noteTyping(data);
        if (helper === 'message') {
          const from = idOf(data?.sender?._id ?? data?.sender ?? data?.senderId);
          if (from !== undefined) stopTyping(from);
        }
        tell(Symbol.for(helper), args);
      }
      tell(event, args);
      return true;
    },

    /**
     * @param {string | symbol} name an event, or a helper: `Symbol.for` its name
     * @param {(...args: any[]) => unknown} fn
     */
    on(name, fn) {
      const those = listeners.get(name) ?? createListeners();
      listeners.set(name, those);
      return those.add(fn);
    },

    /** Nobody can end a typing mark, or be answered, over a link that is gone. */
    linkLost() {
      for (const userId of [...typing.keys()]) stopTyping(userId);
      for (const { waiting } of seen.values()) waiting?.splice(0);
    },

    /** Forgets what was the user's. */
    forget() {
      seen.clear();
      told.clear();
    },
  };
}
