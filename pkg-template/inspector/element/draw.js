/** Draws the timeline on a canvas, and answers where each thing was drawn. It keeps no state between two calls. */

import { countText, momentText, spanText } from './format.js';
import { beginOf, endOf, isFailure, PHASES } from './words.js';

/**
 * @typedef {import('../replay.js').View} View
 * @typedef {import('../replay.js').Message} Message
 * @typedef {View['link'][number]} Segment
 *
 * @typedef {object} Scene
 * @property {View} view
 * @property {number} now the end of each span that is not over
 * @property {number | null} cursor the moment of the playback, null while the newest is followed
 * @property {number} from the first moment that is shown
 * @property {number} to
 * @property {ReadonlyMap<number, number>} rows
 * @property {number | null} selected
 * @property {number | null} hovered
 * @property {(message: Message) => string[]} labelOf the longest first
 * @property {Record<string, string>} colors
 * @property {string} font
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 * @typedef {Box & ({ kind: 'message', message: Message } | { kind: 'link', segment: Segment } | { kind: 'event', event: View['events'][number] } | { kind: 'trip', trip: View['roundTrips'][number] })} Hit
 */

const AXIS = 22;
const BAND_TOP = 24;
const BAND = 20;
const BARS_TOP = BAND_TOP + BAND + 10;
const TRIPS = 40;

/** Above this line a drag moves the playback; below it, a drag moves the shown span. */
export const SCRUB_HEIGHT = BAND_TOP;

const ROW = { most: 22, named: 15, least: 1 };
const SHORTEST_BAR = 5;

/** How many rows fit that are high enough for a name. @param {number} height */
export const rowsFor = (height) =>
  Math.max(1, Math.floor((height - BARS_TOP - TRIPS - 6) / ROW.named));

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {number} width
 * @param {number} height
 * @param {Scene} scene
 * @returns {Hit[]} in the order of drawing: a later one covers an earlier one
 */
export function draw(context, width, height, scene) {
  const { from, to } = scene;
  const scale = width / (to - from);
  /** @param {number} at */
  const x = (at) => (at - from) * scale;
  const painter = { context, width, height, scene, x, scale, hits: /** @type {Hit[]} */ ([]) };
  context.clearRect(0, 0, width, height);
  context.lineJoin = 'round';
  washes(painter);
  axis(painter);
  trips(painter);
  bars(painter);
  band(painter);
  moments(painter);
  return painter.hits;
}

/** @typedef {{ context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, x: (at: number) => number, scale: number, hits: Hit[] }} Painter */

/** Colours the time without a link over the whole height, so that messages are seen to wait for the link. @param {Painter} painter */
function washes({ context, height, scene, x }) {
  const { colors, font } = scene;
  for (const { from, to, isCut } of outages(scene)) {
    const left = x(from);
    const width = Math.max(1, x(to) - left);
    const wash = context.createLinearGradient(0, BAND_TOP, 0, height);
    const color = colors[isCut ? 'bad-fill' : 'busy-fill'] ?? '';
    wash.addColorStop(0, alpha(color, isCut ? 0.22 : 0.16));
    wash.addColorStop(1, alpha(color, isCut ? 0.06 : 0.03));
    context.fillStyle = wash;
    context.fillRect(left, BAND_TOP + BAND / 2, width, height);
    if (!isCut) continue;
    context.fillStyle = alpha(colors['bad-fill'] ?? '', 0.5);
    context.fillRect(left, BAND_TOP + BAND / 2, 1, height);
    context.fillRect(left + width - 1, BAND_TOP + BAND / 2, 1, height);
    context.font = `600 11px ${font}`;
    context.textBaseline = 'middle';
    const begin = Math.max(left, 0);
    const text = [`No link for ${spanText(to - from)}`, spanText(to - from)].find(
      (one) => context.measureText(one).width + 14 <= left + width - begin,
    );
    if (!text) continue;
    context.fillStyle = colors.bad ?? '';
    // Below the bars. There are no round trips without a link.
    context.fillText(text, begin + 8, height - 12);
  }
}

/**
 * The spans without a link: those before the first link, and the cuts, each with all of its attempts.
 * @param {Scene} scene
 */
function outages({ view, now, from, to }) {
  /** @type {{ from: number, to: number, isCut: boolean }[]} */
  const found = [];
  let isCut = false;
  let isOpen = false;
  for (const segment of view.link) {
    const { tone } = PHASES[segment.phase];
    const isDown = tone === 'bad' || tone === 'busy';
    const end = segment.to ?? now;
    const last = found.at(-1);
    if (isDown && isOpen && last) {
      last.to = end;
      last.isCut ||= tone === 'bad';
    } else if (isDown) {
      found.push({ from: segment.from, to: end, isCut: isCut || tone === 'bad' });
    }
    isOpen = isDown;
    isCut ||= tone === 'good';
  }
  return found.filter((one) => one.to >= from && one.from <= to);
}

/** @param {Painter} painter */
function axis({ context, width, height, scene, x }) {
  const { colors, from, to, font } = scene;
  const step = tickStep((to - from) / (width / 90));
  context.font = `10.5px ${font}`;
  context.textBaseline = 'middle';
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const left = Math.round(x(at)) + 0.5;
    context.fillStyle = colors.line ?? '';
    context.fillRect(left - 0.5, AXIS - 5, 1, height);
    context.fillStyle = colors.faint ?? '';
    const text = step < 1_000 ? momentText(at, step < 100 ? 2 : 1) : momentText(at, 0);
    const room = context.measureText(text).width;
    if (left + room / 2 > width) continue;
    context.textAlign = left < room / 2 + 4 ? 'left' : 'center';
    context.fillText(text, context.textAlign === 'left' ? Math.max(3, left + 3) : left, AXIS / 2);
  }
  context.textAlign = 'left';
}

/** The phases of the link. @param {Painter} painter */
function band({ context, scene, x, hits }) {
  const { colors, font } = scene;
  for (const segment of visible(scene)) {
    const { tone, label } = PHASES[segment.phase];
    const left = x(segment.from);
    const width = Math.max(2, x(segment.to ?? scene.now) - left - 1);
    const isStrong = tone === 'bad' || tone === 'busy' || tone === 'doubt';
    rounded(context, left, BAND_TOP, width, BAND, 4);
    context.fillStyle =
      (tone === 'bad' ? colors.cut : colors[isStrong ? `${tone}-fill` : `${tone}-soft`]) ?? '';
    context.fill();
    if (tone === 'good') {
      context.fillStyle = colors['good-fill'] ?? '';
      context.fillRect(left + 2, BAND_TOP + BAND - 2, Math.max(0, width - 4), 2);
    }
    if (tone === 'bad') hatch(context, left, width);
    hits.push({ kind: 'link', segment, x: left, y: BAND_TOP, width, height: BAND });
    const span = spanText((segment.to ?? scene.now) - segment.from);
    const isAttempt = tone === 'busy' && segment.epoch > 0;
    const texts = isAttempt
      ? [`Attempt ${countText(segment.epoch)}`, `#${segment.epoch}`]
      : tone === 'bad'
        ? [`Waits ${span}`, span]
        : [`${label} ${span}`, label];
    context.font = `600 10.5px ${font}`;
    const at = Math.max(left, 0);
    const room = left + width - at - 10;
    const text = texts.find((one) => context.measureText(one).width <= room);
    if (!text) continue;
    context.fillStyle =
      (tone === 'bad'
        ? '#ffffff'
        : isStrong
          ? '#1a1206'
          : tone === 'good'
            ? colors.good
            : colors.muted) ?? '';
    context.fillText(text, at + 6, BAND_TOP + BAND / 2 - (tone === 'good' ? 0.5 : 0) + 0.5);
  }
  for (const event of scene.view.events) {
    const left = x(event.at);
    if (left < -6 || left > 1e5) continue;
    context.fillStyle = colors.faint ?? '';
    context.beginPath();
    context.moveTo(left, BAND_TOP + BAND + 2);
    context.lineTo(left + 3, BAND_TOP + BAND + 7);
    context.lineTo(left - 3, BAND_TOP + BAND + 7);
    context.fill();
    hits.push({ kind: 'event', event, x: left - 6, y: BAND_TOP + BAND - 2, width: 12, height: 11 });
  }
}

/** @param {Painter} painter */
function bars({ context, width: limit, height, scene, x, hits }) {
  const { view, now, from, to, rows, colors, selected, hovered, font, labelOf } = scene;
  const shown = view.messages.filter(
    (message) => endOf(message, now) >= from && beginOf(message) <= to,
  );
  const area = height - BARS_TOP - TRIPS - 6;
  const count = 1 + Math.max(0, ...shown.map(({ n }) => rows.get(n) ?? 0));
  const pitch = Math.max(ROW.least, Math.min(ROW.most, area / count));
  const thick = pitch > 6 ? pitch - 4 : pitch > 3 ? pitch - 1 : pitch;
  context.save();
  context.beginPath();
  context.rect(0, BARS_TOP - 4, 1e5, area + 8);
  context.clip();
  /** Where the next bar of a row begins, while going from the newest message to the oldest. @type {Map<number, number>} */
  const nextOf = new Map();
  for (const message of shown.slice().reverse()) {
    const row = rows.get(message.n) ?? 0;
    const top = BARS_TOP + row * pitch;
    const left = x(beginOf(message));
    const width = Math.max(SHORTEST_BAR, x(endOf(message, now)) - left);
    const box = { x: left, y: top, width, height: thick };
    const isChosen = message.n === selected;
    const isLit = isChosen || message.n === hovered;
    if (isChosen) {
      context.fillStyle = alpha(colors['accent-fill'] ?? '', 0.14);
      context.fillRect(0, top - 3, 1e5, thick + 6);
    }
    const isDot = message.state === 'settled' && width < thick;
    const parts = isDot ? [] : bar(context, box, message, scene, x);
    if (message.state === 'settled') cap(context, box, isFailure(message), colors);
    if (isLit) {
      context.strokeStyle = (isChosen ? colors.accent : colors.muted) ?? '';
      context.lineWidth = 1.5;
      rounded(context, left - 2, top - 2, width + 4, thick + 4, 5);
      context.stroke();
    }
    if (thick >= 11) {
      context.font = `${isChosen ? '600 ' : ''}10.5px ${font}`;
      label(context, labelOf(message), box, parts, nextOf.get(row) ?? limit, colors);
    }
    nextOf.set(row, left);
    const grip = Math.max(0, 10 - thick) / 2;
    hits.push({
      kind: 'message',
      message,
      ...box,
      x: left - 4,
      width: width + 8,
      y: top - grip,
      height: thick + 2 * grip,
    });
  }
  context.restore();
}

/**
 * Draws one message: light while it waits, solid while it is under way.
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {Message} message
 * @param {Scene} scene
 * @param {(at: number) => number} x
 * @returns {{ left: number, right: number, isFlight: boolean }[]} its parts, in time
 */
function bar(context, box, message, scene, x) {
  const { colors, now } = scene;
  const { y, height } = box;
  const hasFailed = isFailure(message);
  const right = box.x + box.width;
  const isThin = height < 5;
  if (!isThin) {
    context.save();
    rounded(context, box.x, y, box.width, height, Math.min(3.5, height / 2));
    context.clip();
  }
  context.fillStyle = hasFailed
    ? alpha(colors['bad-fill'] ?? '', 0.3)
    : (colors['wait-fill'] ?? '');
  context.fillRect(box.x, y, box.width, height);
  /** @type {{ left: number, right: number, isFlight: boolean }[]} */
  const parts = [];
  let end = box.x;
  for (const flight of flights(message, scene.view.link, now)) {
    const left = x(flight.from);
    const stop = flight.isLast ? right : Math.max(left + 2, x(flight.to));
    parts.push({ left: end, right: left, isFlight: false }, { left, right: stop, isFlight: true });
    context.fillStyle = (hasFailed ? colors['bad-fill'] : colors['accent-fill']) ?? '';
    context.fillRect(left, y, stop - left, height);
    end = stop;
  }
  parts.push({ left: end, right, isFlight: false });
  if (!isThin) {
    for (const mark of message.marks) {
      if (mark.what === 'refused' && message.attempts > 1) {
        context.fillStyle = colors['bad-fill'] ?? '';
        context.fillRect(x(mark.at) - 1, y, 2.5, height);
      }
      if (mark.what === 'saved' || mark.what === 'restored') {
        context.fillStyle = colors.accent ?? '';
        context.fillRect(x(mark.at), y + height - 2, Math.max(0, right - x(mark.at)), 2);
      }
    }
  }
  if (!isThin) context.restore();
  return parts;
}

/**
 * The spans in which a transmission was under way: until its answer, or the end of the link.
 * @param {Message} message
 * @param {readonly Segment[]} link
 * @param {number} now
 */
export function flights(message, link, now) {
  const { marks } = message;
  return marks
    .filter(({ what }) => what === 'left')
    .map((mark) => {
      const answer = marks.find(
        ({ at, what, attempt }) =>
          at >= mark.at &&
          (what === 'settled' ||
            (attempt === mark.attempt && (what === 'acked' || what === 'refused'))),
      );
      const down = link.find(
        ({ from, phase }) => from > mark.at && ['waiting', 'idle', 'closed'].includes(phase),
      );
      const to = Math.min(answer?.at ?? now, down?.from ?? Infinity);
      return { from: mark.at, to, isLast: answer?.what === 'settled' && answer.at === to };
    });
}

/**
 * The end of a settled message.
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {boolean} hasFailed
 * @param {Record<string, string>} colors
 */
function cap(context, { x, y, width, height }, hasFailed, colors) {
  const color = colors[hasFailed ? 'bad-fill' : 'good-fill'] ?? '';
  context.fillStyle = color;
  if (height < 7) {
    context.fillRect(x + width - 2, y, 3, height);
    return;
  }
  const radius = Math.min(6.5, height / 2);
  const center = { x: x + width, y: y + height / 2 };
  context.beginPath();
  context.arc(center.x, center.y, radius + 1.5, 0, 2 * Math.PI);
  context.fillStyle = colors.surface ?? '';
  context.fill();
  context.beginPath();
  context.arc(center.x, center.y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.strokeStyle = colors['on-fill'] ?? '';
  context.lineWidth = 1.5;
  context.lineCap = 'round';
  const unit = radius / 6.5;
  context.beginPath();
  if (hasFailed) {
    context.moveTo(center.x - 2.2 * unit, center.y - 2.2 * unit);
    context.lineTo(center.x + 2.2 * unit, center.y + 2.2 * unit);
    context.moveTo(center.x + 2.2 * unit, center.y - 2.2 * unit);
    context.lineTo(center.x - 2.2 * unit, center.y + 2.2 * unit);
  } else {
    context.moveTo(center.x - 2.8 * unit, center.y + 0.2 * unit);
    context.lineTo(center.x - 0.7 * unit, center.y + 2.2 * unit);
    context.lineTo(center.x + 2.9 * unit, center.y - 2.2 * unit);
  }
  context.stroke();
}

/**
 * The name of a message: inside of the bar where it fits, else behind it; its number alone where there is less room.
 * @param {CanvasRenderingContext2D} context
 * @param {string[]} texts the longest first
 * @param {Box} box
 * @param {{ left: number, right: number, isFlight: boolean }[]} parts
 * @param {number} limit where the next bar of the row begins, or the canvas ends
 * @param {Record<string, string>} colors
 */
function label(context, texts, box, parts, limit, colors) {
  const middle = box.y + box.height / 2 + 0.5;
  const room = (/** @type {typeof parts[number]} */ part) => part.right - Math.max(part.left, 0);
  const widest = parts.reduce((best, part) => (room(part) > room(best) ? part : best), {
    left: 0,
    right: 0,
    isFlight: false,
  });
  const behind = box.x + box.width + 12;
  for (const text of texts) {
    const { width } = context.measureText(text);
    if (width + 18 <= room(widest)) {
      context.fillStyle = (widest.isFlight ? colors['on-fill'] : colors.ink) ?? '';
      context.fillText(text, Math.max(widest.left, 0) + 6, middle);
      return;
    }
    if (behind + width + 6 <= limit) {
      context.fillStyle = colors.muted ?? '';
      context.fillText(text, behind, middle);
      return;
    }
  }
}

/** The round trips, as a line at the bottom. @param {Painter} painter */
function trips({ context, width, height, scene, x, hits }) {
  const { colors, view, from, to, font } = scene;
  const top = height - TRIPS;
  context.fillStyle = colors.line ?? '';
  context.fillRect(0, top - 0.5, width, 1);
  const shown = view.roundTrips.filter(({ at }) => at >= from - 5_000 && at <= to + 5_000);
  const most = Math.max(50, ...shown.map(({ ms }) => ms));
  /** @param {number} ms */
  const y = (ms) => height - 5 - (ms / most) * (TRIPS - 16);
  let isOpen = false;
  /** @type {number | null} */
  let before = null;
  const line = new Path2D();
  const area = new Path2D();
  const isCut = (/** @type {number} */ a, /** @type {number} */ b) =>
    view.link.some(({ phase, from: at }) => phase === 'waiting' && at >= a && at <= b);
  for (const { at, ms } of shown) {
    if (before !== null && isCut(before, at)) {
      area.lineTo(x(before), height);
      isOpen = false;
    }
    if (isOpen) {
      line.lineTo(x(at), y(ms));
      area.lineTo(x(at), y(ms));
    } else {
      line.moveTo(x(at), y(ms));
      area.moveTo(x(at), height);
      area.lineTo(x(at), y(ms));
      isOpen = true;
    }
    before = at;
  }
  if (before !== null) area.lineTo(x(before), height);
  context.fillStyle = alpha(colors['accent-fill'] ?? '', 0.12);
  context.fill(area);
  context.strokeStyle = colors['accent-fill'] ?? '';
  context.lineWidth = 1.25;
  context.stroke(line);
  for (const trip of shown) {
    const left = x(trip.at);
    context.beginPath();
    context.arc(left, y(trip.ms), trip.of === 'ping' ? 1.5 : 2.5, 0, 2 * Math.PI);
    context.fillStyle = (trip.of === 'ping' ? colors['accent-fill'] : colors['good-fill']) ?? '';
    context.fill();
    hits.push({ kind: 'trip', trip, x: left - 5, y: top, width: 10, height: TRIPS });
  }
  context.font = `10.5px ${font}`;
  context.fillStyle = colors.faint ?? '';
  const peak = shown.length
    ? `, up to ${Math.round(Math.max(...shown.map(({ ms }) => ms)))} ms`
    : '';
  // The outline keeps the text legible over the line.
  context.strokeStyle = colors.surface ?? '';
  context.lineWidth = 3;
  context.strokeText(`Round trip${peak}`, 6, top + 10);
  context.fillText(`Round trip${peak}`, 6, top + 10);
}

/** Draws the present moment, or the position of the playback. @param {Painter} painter */
function moments({ context, width, height, scene, x }) {
  const { cursor, now, colors, font } = scene;
  if (cursor === null) {
    const left = x(now);
    if (left > width + 1) return;
    context.fillStyle = colors.strong ?? '';
    context.fillRect(left, BAND_TOP - 4, 1, height);
    return;
  }
  const left = Math.round(x(cursor));
  context.fillStyle = alpha(colors.surface ?? '', 0.66);
  context.fillRect(left, BAND_TOP - 2, Math.max(0, width - left), height);
  if (left < -2 || left > width + 2) return;
  context.fillStyle = colors.accent ?? '';
  context.fillRect(left - 0.75, 4, 1.5, height);
  context.font = `600 10.5px ${font}`;
  const text = momentText(cursor, 2);
  const room = context.measureText(text).width + 12;
  const box = Math.max(2, Math.min(width - room - 2, left - room / 2));
  rounded(context, box, 2, room, 17, 5);
  context.fill();
  context.fillStyle = colors.surface ?? '';
  context.textBaseline = 'middle';
  context.fillText(text, box + 6, 11);
}

/** @param {Scene} scene */
const visible = ({ view, from, to, now }) =>
  view.link.filter((segment) => (segment.to ?? now) >= from && segment.from <= to);

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {number} radius
 */
function rounded(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, Math.max(0, width), height, Math.min(radius, width / 2, height / 2));
}

/**
 * Stripes: a cut is seen without its colour too.
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} width
 */
function hatch(context, left, width) {
  context.save();
  context.clip();
  context.strokeStyle = 'rgb(255 255 255 / 14%)';
  context.lineWidth = 3;
  context.beginPath();
  const first = Math.max(left - BAND, -BAND) - ((Math.max(left - BAND, -BAND) - left) % 10);
  for (let at = first; at < Math.min(left + width, 8_000); at += 10) {
    context.moveTo(at, BAND_TOP + BAND);
    context.lineTo(at + BAND, BAND_TOP);
  }
  context.stroke();
  context.restore();
}

/**
 * @param {string} color as `#rrggbb`; an app's own color of another form stays as it is
 * @param {number} opacity
 */
const alpha = (color, opacity) =>
  /^#[\da-f]{6}$/i.test(color)
    ? color +
      Math.round(opacity * 255)
        .toString(16)
        .padStart(2, '0')
    : color;

/** The next round step of the axis. @param {number} least in milliseconds */
export function tickStep(least) {
  for (const step of STEPS) if (step >= least) return step;
  return Math.ceil(least / 3_600_000) * 3_600_000;
}

const STEPS = [
  ...[10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000],
];
