/** The timeline panel: the phases of the link and the messages over time, with zoom, selection and tooltips. */

import { h, iconButton, keyed, set, setText, updating } from './dom.js';
import { draw, rowsFor, SCRUB_HEIGHT } from './draw.js';
import { countText, momentText, plural, spanText } from './format.js';
import { ICONS } from './icons.js';
import { Rows } from './rows.js';
import { TOKENS } from './styles.js';
import { beginOf, endOf, eventOf, isFailure, markText, PHASES, spanOf } from './words.js';

/**
 * @typedef {import('./element.js').App} App
 * @typedef {import('./element.js').Frame} Frame
 * @typedef {import('./draw.js').Hit} Hit
 */

const SHORTEST = 200;
const FOLLOWED = 30_000;
/** The shown span of a client that has just been made. */
const YOUNG = 6_000;
const ZOOM = 1.5;

/** @param {App} app */
export function createTimeline(app) {
  /** `follow`: the newest `span`; `fit`: everything. @type {'follow' | 'fit' | 'free'} */
  let mode = 'follow';
  let span = FOLLOWED;
  let from = 0;
  let to = FOLLOWED;
  /** @type {Frame | null} */
  let frame = null;
  /** @type {Hit[]} */
  let hits = [];
  /** @type {number | null} */
  let hovered = null;
  /** @type {unknown} */
  let shownSource = null;
  const rows = new Rows();

  const canvas = h('canvas', { 'aria-hidden': 'true' });
  const tip = h('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' });
  const help = h(
    'p',
    { id: 'timeline-help', class: 'visually-hidden' },
    'Up and down select a message, left and right move, plus and minus zoom, 0 shows everything, F follows what is new.',
  );
  const spoken = h('p', { class: 'visually-hidden', role: 'status' });
  const box = h(
    'div',
    {
      class: 'canvas-box',
      role: 'application',
      tabindex: 0,
      'aria-label': 'Timeline',
      'aria-describedby': 'timeline-help',
    },
    canvas,
  );
  const counts = h('ul');
  const news = h('p');
  const follow = iconButton(ICONS.last, 'Follow what is new', () => setMode('follow'));
  const fit = iconButton(ICONS.fit, 'Show everything', () => setMode('fit'));
  const legend = h(
    'div',
    { class: 'legend grow', 'aria-hidden': 'true' },
    h('span', null, h('i', { class: 'is-wait' }), 'waits'),
    h('span', null, h('i', { class: 'is-flight' }), 'under way'),
    h('span', null, h('i', { class: 'is-saved' }), 'on disk'),
    h('span', null, h('i', { class: 'is-done' }), 'delivered'),
    h('span', null, h('i', { class: 'is-failed' }), 'failed'),
  );
  const element = h(
    'section',
    { class: 'pane timeline', 'aria-label': 'Timeline' },
    h(
      'div',
      { class: 'pane-head' },
      h('h2', null, 'Timeline'),
      legend,
      h('span', { class: 'grow' }),
      iconButton(ICONS.minus, 'Zoom out', () => zoom(ZOOM)),
      iconButton(ICONS.plus, 'Zoom in', () => zoom(1 / ZOOM)),
      fit,
      follow,
    ),
    box,
    h('div', { class: 'caption' }, counts, news),
    help,
    spoken,
    tip,
  );

  /** @param {'follow' | 'fit' | 'free'} next */
  function setMode(next) {
    if (next === 'follow') span = Math.min(to - from, FOLLOWED * 4);
    mode = next;
    app.redraw();
  }

  /** @param {number} left @param {number} right */
  function show(left, right) {
    mode = 'free';
    const least = Math.max(SHORTEST, right - left);
    from = Math.max(-least / 2, left);
    to = from + least;
    app.redraw();
  }

  /** @param {number} factor @param {number} [around] a moment that stays where it is */
  function zoom(factor, around) {
    const fixed = around ?? (mode === 'follow' ? to : (from + to) / 2);
    if (mode === 'follow' && around === undefined) {
      span = Math.max(SHORTEST, span * factor);
      app.redraw();
      return;
    }
    const next = Math.max(SHORTEST, (to - from) * factor);
    const share = (fixed - from) / (to - from);
    show(fixed - share * next, fixed + (1 - share) * next);
  }

  /** Moves a message into what is shown. @param {import('../replay.js').Message} message */
  function reveal(message) {
    if (!frame) return;
    const begin = beginOf(message);
    const end = endOf(message, frame.now);
    if (mode !== 'free' || (begin >= from && end <= to)) return;
    const width = Math.max(to - from, (end - begin) * 1.2);
    show((begin + end - width) / 2, (begin + end + width) / 2);
  }

  function limits() {
    const now = frame?.end ?? 0;
    if (mode === 'fit') {
      const room = Math.max(1_000, now) * 0.03;
      from = -room / 2;
      to = Math.max(1_000, now) + room;
    } else if (mode === 'follow') {
      // A recording that has just begun fills the width soon.
      to = Math.max(now * 1.04, Math.min(span, YOUNG));
      from = Math.max(0, to - span);
    }
  }

  /** @param {Frame} next */
  function render(next) {
    frame = next;
    if (next.source !== shownSource) {
      shownSource = next.source;
      rows.clear();
      mode = next.source.isLive ? 'follow' : 'fit';
      span = FOLLOWED;
    }
    set(follow, 'aria-pressed', String(mode === 'follow'));
    set(fit, 'aria-pressed', String(mode === 'fit'));
    follow.hidden = !next.source.isLive;
    limits();
    paint(next);
    const texts = summary(next);
    keyed(
      counts,
      texts,
      ({ name }) => name,
      ({ name }) => {
        const count = h('b');
        return updating(
          h('li', { class: `is-${name}` }, name !== 'messages' && h('i'), count, ` ${name}`),
          (/** @type {{ count: number }} */ one) => setText(count, countText(one.count)),
        );
      },
    );
    const last = next.view.events.at(-1);
    setText(news, last ? `${momentText(last.at, 1)}  ${last.text}` : '');
    set(
      box,
      'aria-label',
      `Timeline: ${texts.map(({ name, count }) => `${countText(count)} ${name}`).join(', ')}`,
    );
  }

  /** @param {Frame} shown */
  function paint({ full, end, cursor, selected, lit, source }) {
    const { clientWidth: width, clientHeight: height } = box;
    if (width === 0 || height === 0) return;
    const density = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * density)) canvas.width = Math.round(width * density);
    if (canvas.height !== Math.round(height * density))
      canvas.height = Math.round(height * density);
    const context = canvas.getContext('2d');
    if (!context) return;
    context.setTransform(density, 0, 0, density, 0, 0);
    // Rounded to a power of two, so that a small zoom does not pack the rows anew.
    const unit = 2 ** Math.ceil(Math.log2((to - from) / width));
    const packed = rows.assign(full.messages, end, { unit, most: rowsFor(height), from, to });
    hits = draw(context, width, height, {
      view: full,
      now: end,
      cursor,
      from,
      to,
      rows: packed,
      selected,
      hovered: hovered ?? lit,
      labelOf: (message) => {
        const event = eventOf(source, message);
        const number = String(message.n);
        return event ? [`${number}  ${event}`, number] : [number];
      },
      colors: colors(),
      font: getComputedStyle(box).fontFamily,
    });
  }

  function colors() {
    const style = getComputedStyle(box);
    return Object.fromEntries(
      TOKENS.map((name) => [name, style.getPropertyValue(`--hf-${name}`).trim()]),
    );
  }

  /** @param {PointerEvent | WheelEvent} event */
  function place(event) {
    const { left, top, width } = box.getBoundingClientRect();
    const x = event.clientX - left;
    return { x, y: event.clientY - top, at: from + (x / width) * (to - from), width };
  }

  /** @param {{ x: number, y: number }} point */
  const hitAt = ({ x, y }) =>
    hits
      .slice()
      .reverse()
      .find(
        (hit) => x >= hit.x && x <= hit.x + hit.width && y >= hit.y && y <= hit.y + hit.height,
      ) ?? null;

  /** @param {Hit | null} hit @param {{ x: number, y: number }} [point] */
  function describe(hit, point) {
    tip.hidden = !hit || !point;
    set(box, 'data-hit', hit?.kind === 'message');
    const next = hit?.kind === 'message' ? hit.message.n : null;
    if (next !== hovered) {
      hovered = next;
      app.redraw();
    }
    if (!hit || !point || !frame) return;
    tip.replaceChildren(...tipOf(hit, frame));
    const { offsetLeft, offsetTop, clientWidth, clientHeight } = box;
    const x = Math.min(point.x + 14, clientWidth - tip.offsetWidth - 6);
    const isBelow = point.y + 18 + tip.offsetHeight < clientHeight;
    const y = isBelow ? point.y + 18 : point.y - tip.offsetHeight - 10;
    tip.style.translate = `${offsetLeft + Math.max(6, x)}px ${offsetTop + Math.max(2, y)}px`;
  }

  /** @type {Map<number, { x: number }>} */
  const pointers = new Map();
  /** @type {{ kind: 'pan' | 'scrub', from: number, to: number, x: number, hasMoved: boolean } | null} */
  let drag = null;

  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const point = place(event);
    pointers.set(event.pointerId, { x: point.x });
    box.setPointerCapture(event.pointerId);
    const kind = point.y < SCRUB_HEIGHT && frame?.cursor !== null ? 'scrub' : 'pan';
    drag = { kind, from, to, x: point.x, hasMoved: false };
    if (kind === 'scrub') app.seekTo(point.at);
  });
  box.addEventListener('pointermove', (event) => {
    const point = place(event);
    const pressed = pointers.get(event.pointerId);
    if (!pressed || !drag) {
      describe(hitAt(point), point);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const before = Math.max(20, Math.abs(pressed.x - other.x));
      const after = Math.max(20, Math.abs(point.x - other.x));
      pressed.x = point.x;
      drag.hasMoved = true;
      zoom(before / after, point.at);
    } else if (drag.kind === 'scrub') {
      app.seekTo(point.at);
    } else if (drag.hasMoved || Math.abs(point.x - drag.x) > 4) {
      drag.hasMoved = true;
      tip.hidden = true;
      const moved = ((drag.x - point.x) / point.width) * (drag.to - drag.from);
      show(drag.from + moved, drag.to + moved);
    }
  });
  const release = (/** @type {PointerEvent} */ event) => {
    pointers.delete(event.pointerId);
    if (drag && !drag.hasMoved && drag.kind === 'pan' && event.type === 'pointerup') {
      const point = place(event);
      const hit = hitAt(point);
      app.select(hit?.kind === 'message' ? hit.message.n : null);
      describe(hit, point);
    }
    if (pointers.size === 0) drag = null;
  };
  box.addEventListener('pointerup', release);
  box.addEventListener('pointercancel', release);
  box.addEventListener('pointerleave', () => describe(null));
  box.addEventListener(
    'wheel',
    (event) => {
      // Inline, the wheel scrolls the page; with the control key, and by pinching, it zooms.
      const isPan = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      if (!isPan && app.isInline() && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { at, width } = place(event);
      if (isPan) {
        const moved = ((event.deltaX || event.deltaY) / width) * (to - from);
        show(from + moved, to + moved);
      } else {
        zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), at);
      }
    },
    { passive: false },
  );
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = (to - from) / 8;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => show(from - step, to - step),
      ArrowRight: () => show(from + step, to + step),
      ArrowUp: () => move(-1),
      ArrowDown: () => move(1),
      '+': () => zoom(1 / ZOOM),
      '=': () => zoom(1 / ZOOM),
      '-': () => zoom(ZOOM),
      0: () => setMode('fit'),
      f: () => setMode('follow'),
      Escape: () => app.select(null),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });

  /** Selects the next message, and says what became of it. @param {1 | -1} by */
  function move(by) {
    if (!frame) return;
    const { messages } = frame.full;
    const { selected } = frame;
    const index = messages.findIndex(({ n }) => n === selected);
    const next = messages[index < 0 ? (by > 0 ? 0 : messages.length - 1) : index + by];
    if (!next) return;
    app.select(next.n);
    const [, ...rest] = tipOf(
      { kind: 'message', message: next, x: 0, y: 0, width: 0, height: 0 },
      frame,
    );
    setText(spoken, [nameOf(next, frame), ...rest.map((node) => node.textContent)].join('. '));
  }

  return { element, render, reveal };
}

/** @param {Frame} frame */
function summary({ view: { messages } }) {
  const failed = messages.filter(isFailure).length;
  const waiting = messages.filter(({ state }) => state !== 'settled').length;
  return [
    { name: 'messages', count: messages.length },
    { name: 'delivered', count: messages.length - failed - waiting },
    { name: 'failed', count: failed },
    { name: 'waiting', count: waiting },
  ].filter(({ name, count }) => name === 'messages' || count > 0);
}

/** @param {import('../replay.js').Message} message @param {Frame} frame */
function nameOf(message, { source }) {
  const event = eventOf(source, message);
  return `Message ${message.n}${event ? `, ${event}` : ''}`;
}

/** @param {Hit} hit @param {Frame} frame @returns {HTMLElement[]} */
function tipOf(hit, frame) {
  const { end } = frame;
  if (hit.kind === 'message') {
    const { message } = hit;
    const last = message.marks.at(-1);
    const attempts = message.attempts > 1 ? ` after ${plural(message.attempts, 'attempt')}` : '';
    const how =
      message.state === 'settled' && last
        ? `${markText(last, message)}${attempts}, ${spanOf(message, end)}`
        : `Waits since ${spanOf(message, end)}`;
    return [
      h('h3', null, nameOf(message, frame)),
      h('p', null, how),
      ...(message.wait ? [h('p', null, message.wait.text)] : []),
    ];
  }
  if (hit.kind === 'link') {
    const { phase, from, to, epoch } = hit.segment;
    const { label, says } = PHASES[phase];
    const attempt = epoch > 0 && phase !== 'waiting' ? `, attempt ${epoch}` : '';
    return [
      h('h3', null, label + attempt),
      h('p', null, says),
      h('p', null, `From ${momentText(from)}, for ${spanText((to ?? end) - from)}`),
    ];
  }
  if (hit.kind === 'event') {
    return [h('h3', null, momentText(hit.event.at)), h('p', null, hit.event.text)];
  }
  const { trip } = hit;
  return [
    h('h3', null, `${Math.round(trip.ms)} ms`),
    h('p', null, `${trip.of === 'ping' ? 'A ping' : 'A message'} at ${momentText(trip.at)}`),
  ];
}
