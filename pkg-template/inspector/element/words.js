/** The words that the inspector shows for the values of a view: one table for each kind. */

import { countText, spanText } from './format.js';
import { ICONS } from './icons.js';

/**
 * @typedef {import('../replay.js').Phase} Phase
 * @typedef {import('../replay.js').Message} Message
 * @typedef {import('../replay.js').Step} Step
 * @typedef {import('../replay.js').View} View
 * @typedef {import('../source.js').Source} Source
 * @typedef {'idle' | 'bad' | 'busy' | 'good' | 'doubt'} Tone
 */

/** The phases of the link. @type {Record<Phase, { label: string, tone: Tone, says: string }>} */
export const PHASES = {
  idle: { label: 'Idle', tone: 'idle', says: 'No link is wanted.' },
  waiting: {
    label: 'Reconnecting',
    tone: 'bad',
    says: 'The link is down and waits for the next attempt.',
  },
  authorizing: { label: 'Authorizing', tone: 'busy', says: 'The app is asked for credentials.' },
  connecting: { label: 'Connecting', tone: 'busy', says: 'An attempt to connect is under way.' },
  joining: {
    label: 'Joining',
    tone: 'busy',
    says: 'The connection is up and joins the room of the user.',
  },
  ready: { label: 'Ready', tone: 'good', says: 'Messages can leave.' },
  suspect: {
    label: 'Suspect',
    tone: 'doubt',
    says: 'Nothing has arrived for a while: the link may be dead.',
  },
  closed: { label: 'Closed', tone: 'idle', says: 'The client was closed.' },
};

/** The proofs of a delivery. */
export const CONFIRMED = {
  ack: 'acknowledgement',
  receipt: 'receipt',
  echo: 'echo',
};

/** The ways of delivery. @type {Record<Message['way'], string>} */
export const WAYS = {
  acked: 'until acknowledged',
  always: 'until acknowledged, by the acknowledgement alone',
  received: 'until received',
  latest: 'the latest alone',
};

/** @type {Record<Message['saved'], string>} */
export const SAVED = {
  memory: 'in memory',
  saving: 'being saved',
  disk: 'on disk',
  'other-tab': 'in another tab',
};

/** Icons for the kinds of steps, and what a kind is called. @type {Record<Step['kind'], { path: string, label: string }>} */
export const KINDS = {
  command: { path: ICONS.terminal, label: 'command of the app' },
  fact: { path: ICONS.arrowIn, label: 'fact from outside' },
  question: { path: ICONS.question, label: 'question' },
  order: { path: ICONS.arrowOut, label: 'order of the client' },
  timer: { path: ICONS.timer, label: 'timer' },
  nothing: { path: ICONS.dot, label: 'nothing to do' },
};

/** The icon for the reason why a message waits. @param {Message} message */
export function waitIcon({ wait, state }) {
  if (state === 'in-flight' || wait?.why === 'answer') return ICONS.arrowOut;
  switch (wait?.why) {
    case 'link':
    case 'suspect':
      return ICONS.link;
    case 'saving':
    case 'restoring':
      return ICONS.disk;
    case 'retry':
    case 'server':
    case 'pace':
      return ICONS.timer;
    case 'receipt':
      return ICONS.shield;
    default:
      return ICONS.hand;
  }
}

/**
 * The text for one mark of a message.
 * @param {Message['marks'][number]} mark
 * @param {Message} message
 */
export function markText({ what, attempt }, message) {
  switch (what) {
    case 'sent':
      return 'Sent by the app';
    case 'joined':
      return 'A send of the same message joined';
    case 'restored':
      return 'Read from disk, saved by an earlier page load';
    case 'saved':
      return 'Saved to disk';
    case 'left':
      return message.attempts > 1 ? `Left, attempt ${countText(attempt)}` : 'Left for the server';
    case 'acked':
      return 'Acknowledged by the server';
    case 'refused':
      return 'Refused by the server';
    case 'settled':
      return settledText(message);
  }
}

/** @param {Message} message */
function settledText({ result }) {
  if (!result) return 'Settled';
  if (result.code === 'SUCCESS')
    return result.by ? `Delivered, confirmed by ${article(result.by)}` : 'Delivered';
  return `Failed: ${result.code}${result.maybeDelivered ? ', perhaps delivered' : ''}`;
}

/** @param {'ack' | 'receipt' | 'echo'} by */
const article = (by) => (by === 'receipt' ? 'a receipt' : `an ${CONFIRMED[by]}`);

/** How long a message took, or has waited so far. @param {Message} message @param {number} now */
export const spanOf = (message, now) => spanText(endOf(message, now) - beginOf(message));

/** @param {Message} message */
export const beginOf = ({ marks }) => marks[0]?.at ?? 0;

/** When a message settled, else `now`. @param {Message} message @param {number} now */
export function endOf({ marks, state }, now) {
  const last = marks.at(-1);
  return state === 'settled' && last ? last.at : Math.max(now, last?.at ?? 0);
}

/** @param {Message} message */
export const isFailure = ({ result }) => result !== null && result.code !== 'SUCCESS';

/** The event of a message, where this page knows it. @param {Source} source @param {Message} message */
export const eventOf = ({ labels, eventNames }, { seq, event }) =>
  labels.get(seq)?.event ?? eventNames.get(event) ?? null;

/** One sentence about the link, for the header and for screen readers. @param {View} view @param {number} now */
export function linkText({ phase, epoch, nextAttemptAt }, now) {
  if (phase === 'waiting' && nextAttemptAt !== null) {
    return `Attempt ${countText(epoch + 1)} begins in ${(Math.max(0, nextAttemptAt - now) / 1_000).toFixed(1)} s`;
  }
  if (phase === 'connecting' || phase === 'authorizing' || phase === 'joining') {
    return `Attempt ${countText(epoch)}`;
  }
  return null;
}
