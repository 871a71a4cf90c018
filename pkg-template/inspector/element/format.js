/** Texts for numbers. Their lengths vary little, so that columns stay still. */

const counts = new Intl.NumberFormat('en');

/** @param {number} count */
export const countText = (count) => counts.format(count);

/**
 * `1 message`, `1,204 messages`.
 * @param {number} count
 * @param {string} one
 */
export const plural = (count, one) => `${countText(count)} ${one}${count === 1 ? '' : 's'}`;

/**
 * A span: `84 ms`, `1.24 s`, `12.4 s`, `3 min 5 s`, `2 h 7 min`.
 * @param {number} ms
 */
export function spanText(ms) {
  const most = Math.max(0, ms);
  if (most < 1_000) return `${Math.round(most)} ms`;
  if (most < 9_995) return `${(most / 1_000).toFixed(2)} s`;
  if (most < 59_950) return `${(most / 1_000).toFixed(1)} s`;
  const seconds = Math.round(most / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * The rest of a wait, in tenths of a second.
 * @param {number} ms
 */
export const leftText = (ms) =>
  ms < 60_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : spanText(ms);

/**
 * A moment of the client's clock: `0:08.412`, `1:02:08.412`.
 * @param {number} ms
 * @param {number} [digits] of the fraction
 */
export function momentText(ms, digits = 3) {
  const scale = 10 ** digits;
  const total = Math.floor((Math.max(0, ms) / 1_000) * scale + 1e-6);
  const seconds = Math.floor(total / scale);
  const fraction = digits ? `.${String(total % scale).padStart(digits, '0')}` : '';
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const clock =
    minutes < 60
      ? `${minutes}:${two(seconds % 60)}`
      : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return clock + fraction;
}

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 999_500) return `${(bytes / 1_000).toFixed(bytes < 9_950 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * A payload as text, cut where it is long.
 * @param {unknown} data
 */
export function dataText(data) {
  let text;
  try {
    text = typeof data === 'string' ? data : JSON.stringify(data, null, 2);
  } catch {
    text = undefined;
  }
  text ??= String(data);
  return text.length > MOST_DATA ? `${text.slice(0, MOST_DATA)}…` : text;
}

const MOST_DATA = 4_000;
const MOST_PREVIEW = 80;

/**
 * A payload in one line. An object is shown by its text, if it has a field for one.
 * @param {any} data
 */
export function previewText(data) {
  const written = data?.text ?? data?.message ?? data?.body ?? data?.title;
  const text = dataText(typeof written === 'string' ? written : data);
  return text.replace(/\s+/g, ' ').slice(0, MOST_PREVIEW);
}
