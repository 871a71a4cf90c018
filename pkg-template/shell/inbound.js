/**
 * Hands the server's events to the app's callbacks. The engine decides, by fingerprints, which events are repeats, which
 * arrive a second time under another name, and who has stopped typing; this file has the values.
 */

import { idOf } from './credentials.js';
import { printOf } from './generations.js';
import { createListeners } from './listeners.js';
import { CAME_FLAG, FATE, TOLD } from './numbers.js';
import { textIn } from './payload.js';
import { call } from './report.js';

/** @typedef {'message' | 'sent' | 'typing' | 'friendRequest' | 'friendAccepted'} Helper */
/** @type {Helper[]} */
const HELPERS = ['message', 'sent', 'typing', 'friendRequest', 'friendAccepted'];
const MESSAGE = Symbol.for('message');

/**
 * @typedef {{ id: string | null, at: number }} Position
 *
 * @typedef {object} Answer
 * @property {unknown[]} [reply] what the app answered, where that is kept
 * @property {Function[] | undefined} [waiting] the server's acknowledgement functions, until the app answers
 */

/** @param {unknown[]} values @returns {string | undefined} undefined if they have no JSON */
export const jsonOf = (values) => {
  try {
    return textIn(values);
  } catch {
    return undefined;
  }
};

/** A fingerprint of the values. Values without JSON get a random one, which equals no other. */
const printOfAll = (/** @type {unknown[]} */ ...values) => {
  const json = jsonOf(values);
  return json === undefined ? Math.floor(Math.random() * 2 ** 53) : printOf(json);
};

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {import('socket.io-client').Socket} socket
 */
export function createInbound(settings, engine, socket) {
  /** The last message, and the last one before a gap; the engine says which index is which. @type {Position[]} */
  const lastMessages = [];
  /** Callbacks by event, or by the symbol of a helper. @type {Map<unknown, ReturnType<typeof createListeners>>} */
  const listeners = new Map();
  /** The app's answers, by the fingerprint of the message. @type {Map<number, Answer>} */
  const answers = new Map();
  /** Users who are typing, by fingerprint. @type {Map<number, string>} */
  const typing = new Map();
  /** The engine's numbers for event names. @type {Map<string, number>} */
  const numbers = new Map();

  /** Notes the last message; without an id if there was none yet. */
  const note = (/** @type {number} */ index, /** @type {string | undefined} */ id = undefined) => {
    lastMessages[index] = { id: id ?? null, at: Date.now() };
  };

  const numberOf = (/** @type {string} */ name) => {
    if (!numbers.has(name)) numbers.set(name, numbers.size % 32);
    return /** @type {number} */ (numbers.get(name));
  };
  const bitsOf = (/** @type {string[]} */ names) =>
    names.reduce((bits, name) => bits | (1 << numberOf(name)), 0) >>> 0;

  const tell = (/** @type {unknown} */ name, /** @type {unknown[]} */ args) =>
    listeners.get(name)?.tell(...args);

  const stopTyping = (/** @type {number} */ who) => {
    const userId = typing.get(who);
    if (typing.delete(who)) tell(Symbol.for('typing'), [{ userId, isTyping: false }]);
  };

  const noteTyping = (/** @type {any} */ data) => {
    const userId = idOf(data?.userId);
    if (userId === undefined) return;
    const who = printOf(userId);
    const isOver = data.isTyping === false;
    engine.note(TOLD.typing, who, isOver ? 0 : settings().events.typingExpiryMs);
    if (isOver) typing.delete(who);
    else typing.set(who, userId);
    engine.drain();
  };

  /** The id by which repeats of a message are found. */
  const messageId = (/** @type {any} */ data) =>
    idOf(call(() => settings().dedupe.id(data?.notification ?? data)));

  /** Whether the same event came already under another of the helper's names. */
  const isAlias = (
    /** @type {Helper} */ helper,
    /** @type {string} */ event,
    /** @type {unknown[]} */ content,
  ) => {
    if (settings().events[helper].length < 2) return false;
    const id = helper === 'message' ? messageId(content[0]) : undefined;
    const what = printOfAll(helper, id, content);
    return engine.note(TOLD.isAlias, what, numberOf(event), id !== undefined) > 0;
  };

  /**
   * Makes the function by which the app answers a message: it answers every repeat that waits, and later ones if the
   * engine keeps the answer.
   */
  const answerBy = (/** @type {number} */ content, /** @type {Answer} */ answer) => {
    return (/** @type {unknown[]} */ ...reply) => {
      const { waiting } = answer;
      if (!waiting) return;
      answer.waiting = undefined;
      // The message may have been forgotten and have come again: then the entry is another one.
      if (answers.get(content) === answer) {
        const size = jsonOf(reply)?.length ?? Infinity;
        if (engine.note(TOLD.replied, content, size) > 0) answer.reply = reply;
        else answers.delete(content);
      }
      for (const one of waiting) one(...reply);
    };
  };

  /**
   * Whether an event is no repeat.
   * @param {any[]} packet the event and its arguments. If the server asks for an acknowledgement, its function is replaced
   *   by one that answers repeats too
   * @param {unknown[]} content the app's arguments
   * @param {unknown} extra
   * @param {boolean} isFetched
   */
  const isNews = (packet, content, extra, isFetched) => {
    const [event] = packet;
    const { message: names } = settings().events;
    const isMessage = names.includes(event);
    if (!isMessage && event !== 'notification:new') return true;
    const id = messageId(content[0]);
    // Without a listener it was not heard: a repeat is to count as new.
    const isHeard = [event, isMessage && MESSAGE].some((name) => listeners.get(name)?.any());
    let fate = FATE.isNews;
    if (id !== undefined && (isHeard || socket.hasListeners(event))) {
      const print = printOfAll(event, id, content);
      const wantsAck = typeof extra === 'function';
      fate = engine.note(
        TOLD.came,
        printOf(id),
        print,
        // A message that the app fetched may have arrived live under any of its names.
        bitsOf(isFetched ? names : [event]),
        (isFetched ? CAME_FLAG.fetched : 0) + (wantsAck ? CAME_FLAG.wantsAck : 0),
        settings().dedupe.size,
      );
      if (fate & FATE.isDoubtful) {
        settings().logger.warn(`'${event}' repeats an id with other content: see dedupe.id`);
      }
      if (wantsAck && fate & FATE.hasReply) extra(...(answers.get(print)?.reply ?? []));
      if (wantsAck && fate & FATE.waits) {
        if (fate & FATE.isNews) {
          const answer = { waiting: [] };
          answers.set(print, answer);
          packet[packet.length - 1] = answerBy(print, answer);
        }
        answers.get(print)?.waiting?.push(extra);
      }
    }
    const isNew = (fate & FATE.isNews) > 0;
    if (isNew && isMessage) note(engine.note(TOLD.seen), id);
    return isNew;
  };

  return {
    tell,
    note,
    lastMessages,

    /**
     * Hands an event to the app's callbacks, unless it is a repeat.
     * @param {any[]} packet its name and arguments
     * @param {unknown} [extra] the last argument if it is not the app's: the server's acknowledgement function, or the offset
     *   of Socket.IO's connection state recovery
     * @param {boolean} [isFetched] whether the app fetched it for a resync
     * @returns {boolean} false if it is a repeat
     */
    receive(packet, extra, isFetched = false) {
      const [event, data] = packet;
      const content = packet.slice(1, extra === undefined ? undefined : -1);
      if (!isNews(packet, content, extra, isFetched)) return false;
      // Callbacks get the acknowledgement function, but not the offset.
      const args = typeof extra === 'function' ? packet.slice(1) : content;
      for (const helper of HELPERS) {
        if (!settings().events[helper].includes(event) || isAlias(helper, event, content)) continue;
        if (helper === 'typing') noteTyping(data);
        if (helper === 'message') {
          const from = idOf(data?.sender?._id ?? data?.sender ?? data?.senderId);
          const who = printOf(from ?? '');
          if (typing.has(who) && engine.note(TOLD.typing, who, 0)) stopTyping(who);
        }
        tell(Symbol.for(helper), args);
      }
      tell(event, args);
      return true;
    },

    /**
     * Adds a callback. @param {string | symbol} name an event; of a helper, `Symbol.for` its name
     * @param {(...args: any[]) => unknown} fn
     */
    on(name, fn) {
      const those = listeners.get(name) ?? createListeners();
      listeners.set(name, those);
      return those.add(fn);
    },

    stopTyping,

    /** The link is gone: waiting acknowledgements cannot be sent any more. */
    linkLost() {
      for (const { waiting } of answers.values()) waiting?.splice(0);
    },

    answers,
  };
}
