// Times in a form for people.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const thisYear = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 86_400_000;

export const clockTime = (iso) => clock.format(new Date(iso));

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** A key for the day, equal for all times of the day. */
export const dayOf = (iso) => midnight(new Date(iso));

/** "today", "yesterday", or the date. */
export function dayName(day, now = new Date()) {
  // Days on which the clocks change are an hour shorter or longer.
  const ago = Math.round((midnight(now) - day) / DAY_MS);
  if (ago === 0 || ago === 1) return relative.format(-ago, 'day');
  const date = new Date(day);
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}

/** The time if it is today, otherwise the day. */
export const shortTime = (iso) =>
  dayOf(iso) === midnight(new Date()) ? clockTime(iso) : dayName(dayOf(iso));

/** "4 ms", "1.3 s", "12 s". */
export function span(ms) {
  if (ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** "1 message", "2 messages". */
export const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;
