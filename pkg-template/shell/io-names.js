/**
 * What names of events are taken for where the app says nothing: joins, which the server forgets with the connection, what
 * ends them, and what is worthless when late. Which of them public apps use was counted.
 */

import { isObject } from './options.js';
import { sameSnapshot } from './payload.js';
import { call } from './report.js';

/** A queue for a match is no room: who says that again plays again. */
const JOINS =
  /^(?!.*(queue|match[-_ ]?mak|wait[-_ ]?list))((.*[:./])?(join|subscribe).*|.*[-_ :./]join|setup|add[-_ ]?user|new[-_ ]?user([-_ ]?(add|join(ed)?|connected))?|user[-_ ]?(join(ed)?|connected|online)|set[-_ ]?user(name)?|register([-_ ]?user)?|authenticate|identify)$/i;
const LEAVES = /^(.*[:./])?(leave|left|exit|quit|unsubscribe)|[-_ :./](leave|left|exit|quit)$/i;
/** Nothing that changes what others see for longer than a moment. */
export const MOMENTS = [
  /^(user[-_ :]?)?(is[-_ :]?|start[-_ :]?|stop(ped)?[-_ :]?)?typing([-_ :]?(start|stop)(ed|ped)?)?$/i,
  /^(cursor|mouse|pointer)([-_ :]?(move|position))?$/i,
];

const SECRET = /^(pass(word|wd|code)?|pwd|secret)$/i;
/** Who registers with a password makes an account. */
const hasSecret = (/** @type {readonly any[]} */ args) =>
  args.some((one) => isObject(one) && Object.keys(one).some((key) => SECRET.test(key)));

/** @param {string} event @param {readonly unknown[]} args */
export const looksLikeJoin = (event, args) => JOINS.test(event) && !hasSecret(args);
/** @param {string} event */
export const looksLikeLeave = (event) => LEAVES.test(event);

/** What is joined or left, by its name: `room` of `join_room`, `leaveRoom` and `room:leave`. @param {string} event */
const stemOf = (event) =>
  event.toLowerCase().replace(/unsubscribe|subscribe|join|leave|left|exit|quit|[^a-z0-9]/g, '');

/** Whether a leave of that name may end a join of this one. @param {string} leave @param {string} join */
export function mayEnd(leave, join) {
  if (!(/unsubscribe/i.test(leave) ? /subscribe/i : /join/i).test(join)) return false;
  const [left, joined] = [leave, join].map(stemOf);
  return left === joined || left === '' || joined === '';
}

/** Whether a value names what another one does: a room may be a text here and in an object there. @param {any} one @param {any} other */
function fits(one, other) {
  if (sameSnapshot([one], [other]) || (!isObject(one) && String(one) === String(other)))
    return true;
  const [some, others] = [one, other].map((value) => (isObject(value) ? value : { value }));
  const shared = Object.keys(some).filter((key) => key in others);
  if (shared.length > 0) return shared.every((key) => sameSnapshot([some[key]], [others[key]]));
  const [few, many] = [some, others].map(Object.values).sort((a, b) => a.length - b.length);
  return few.length > 0 && few.every((value) => many.includes(value));
}

/** Whether the arguments of a leave are about what those of a join are. @param {readonly unknown[]} some @param {readonly unknown[]} others */
export const agree = (some, others) =>
  some.slice(0, others.length).every((value, index) => fits(value, others[index]));

/** What others see until they hear that it is over. @param {string} event @param {readonly any[]} args */
export const isEnd = (event, args) =>
  /stop|end/i.test(event) ||
  call(() => args.some((one) => [one, one?.isTyping, one?.typing].includes(false))) === true;

/**
 * Whether a join takes the place of one that was said before it: there is one identity, whatever else it says, and of a room
 * what else is said is the newest.
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
