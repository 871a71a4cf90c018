/**
 * Guesses by event names, for apps that set no options: joins, which the server forgets with the connection, leaves, and
 * events that are useless when late. The patterns come from a count of the names in public apps.
 */

import { isObject } from './options.js';
import { sameSnapshot } from './payload.js';
import { call } from './report.js';

/** Names of joins; not the queue for a match: repeating that would start another match. */
const JOINS =
  /^(?!.*(queue|match[-_ ]?mak|wait[-_ ]?list))((.*[:./])?(join|subscribe).*|.*[-_ :./]join|setup|add[-_ ]?user|new[-_ ]?user([-_ ]?(add|join(ed)?|connected))?|user[-_ ]?(join(ed)?|connected|online)|set[-_ ]?user(name)?|register([-_ ]?user)?|authenticate|identify)$/i;
const LEAVES = /^(.*[:./])?(leave|left|exit|quit|unsubscribe)|[-_ :./](leave|left|exit|quit)$/i;
/** Names of momentary events: they change nothing that others see for longer than a moment. */
export const MOMENTS = [
  /^(user[-_ :]?)?(is[-_ :]?|start[-_ :]?|stop(ped)?[-_ :]?)?typing([-_ :]?(start|stop)(ed|ped)?)?$/i,
  /^(cursor|mouse|pointer)([-_ :]?(move|position))?$/i,
];

const SECRET = /^(pass(word|wd|code)?|pwd|secret)$/i;
/** Whether there is a password: such a `register` creates an account, and is no join. */
const hasSecret = (/** @type {readonly any[]} */ args) =>
  args.some((one) => isObject(one) && Object.keys(one).some((key) => SECRET.test(key)));

/** @param {string} event @param {readonly unknown[]} args */
export const looksLikeJoin = (event, args) => JOINS.test(event) && !hasSecret(args);
/** @param {string} event */
export const looksLikeLeave = (event) => LEAVES.test(event);

/** The thing that an event joins or leaves: `room` in `join_room`, `leaveRoom` and `room:leave`. @param {string} event */
const stemOf = (event) =>
  event.toLowerCase().replace(/unsubscribe|subscribe|join|leave|left|exit|quit|[^a-z0-9]/g, '');

/** Whether a leave may end a join, by their names. @param {string} leave @param {string} join */
export function mayEnd(leave, join) {
  if (!(/unsubscribe/i.test(leave) ? /subscribe/i : /join/i).test(join)) return false;
  const [left, joined] = [leave, join].map(stemOf);
  return left === joined || left === '' || joined === '';
}

/** Whether two values name the same: a room may be a text in one, and a field of an object in the other. @param {any} one @param {any} other */
function fits(one, other) {
  if (sameSnapshot([one], [other]) || (!isObject(one) && String(one) === String(other)))
    return true;
  const [some, others] = [one, other].map((value) => (isObject(value) ? value : { value }));
  const shared = Object.keys(some).filter((key) => key in others);
  if (shared.length > 0) return shared.every((key) => sameSnapshot([some[key]], [others[key]]));
  const [few, many] = [some, others].map(Object.values).sort((a, b) => a.length - b.length);
  return few.length > 0 && few.every((value) => many.includes(value));
}

/** Whether the arguments of a leave name what those of a join do. @param {readonly unknown[]} some @param {readonly unknown[]} others */
export const agree = (some, others) =>
  some.slice(0, others.length).every((value, index) => fits(value, others[index]));

/** Whether a momentary event ends something, such as typing, that others see until they hear of the end. @param {string} event @param {readonly any[]} args */
export const isEnd = (event, args) =>
  /stop|end/i.test(event) ||
  call(() => args.some((one) => [one, one?.isTyping, one?.typing].includes(false))) === true;

/**
 * Whether a join replaces an earlier one: a user has one identity, and for a room the newest details count.
 * @param {{ event: string, args: readonly unknown[] }} one
 * @param {{ event: string, args: readonly unknown[] }} before
 */
export function replaces(one, before) {
  if (one.event !== before.event) return false;
  const [names, others] = [one, before].map(({ args }) => args.filter((value) => !isObject(value)));
  const isRoom = /join|subscribe/i.test(one.event) && !/user/i.test(one.event);
  if (!isRoom) return true;
  return names.length > 0 && names.length < one.args.length && sameSnapshot(names, others);
}
