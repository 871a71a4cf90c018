/** The list of steps. It is virtual: only rows in sight exist, and only their steps are requested. */

import { h, icon, keyed, set, setIcon, setText, updating } from './dom.js';
import { countText, momentText } from './format.js';
import { ICONS } from './icons.js';
import { KINDS } from './words.js';

/**
 * @typedef {import('./element.js').App} App
 * @typedef {import('./element.js').Frame} Frame
 * @typedef {import('../replay.js').Step} Step
 * @typedef {import('../source.js').Source} Source
 */

const ROW = 26;
/** Rows that exist above and below those in sight. */
const MARGIN = 6;
/** Rows that stay in sight before and behind the current one. */
const CONTEXT = 3;
/** Steps in the cache. */
const MOST_KNOWN = 4_000;

/** @param {App} app */
export function createSteps(app) {
  /** @type {Map<number, Step>} */
  const known = new Map();
  /** @type {Set<number>} */
  const asked = new Set();
  /** @type {Source | null} */
  let source = null;
  /** @type {Frame | null} */
  let frame = null;
  let position = -1;

  const count = h('span', { class: 'count' });
  const input = h('input', {
    type: 'search',
    placeholder: 'Search steps',
    'aria-label': 'Search steps',
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Enter') search();
      if (event.key === 'Escape') list.focus();
      event.stopPropagation();
    },
  });
  const found = h('p', { class: 'visually-hidden', role: 'status' });
  const inner = h('div', { class: 'inner' });
  const list = h(
    'div',
    {
      class: 'virtual scroll',
      role: 'listbox',
      tabindex: 0,
      'aria-label': 'Steps',
      onscroll: () => frame && frame.cursor !== null && rows(),
      onkeydown: onKey,
    },
    inner,
  );
  const empty = h(
    'div',
    { class: 'empty' },
    h('h3', null, 'Pause to see the steps'),
    h(
      'p',
      null,
      'While the client runs, its steps are recorded. Paused, you can go through them one by one.',
    ),
    h('button', { type: 'button', class: 'text-button', onclick: () => app.pause(true) }, 'Pause'),
  );
  const detail = createDetail();
  const tools = h('div', { class: 'search' }, icon(ICONS.search), input);
  const element = h(
    'section',
    { class: 'pane steps', 'aria-label': 'Steps' },
    h('div', { class: 'pane-head' }, h('h2', null, 'Steps'), count, tools),
    found,
    empty,
    list,
    detail.element,
  );

  async function search() {
    const text = input.value.trim();
    if (!text || !source?.find) return;
    const index = await source.find(text);
    setText(found, index < 0 ? 'No later step matches.' : `Step ${countText(index + 1)} matches.`);
    set(found, 'class', index < 0 ? 'more' : 'visually-hidden');
    set(input, 'aria-invalid', index < 0 ? 'true' : null);
    if (index >= 0) app.seek(index);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => app.seekBy(1),
      ArrowUp: () => app.seekBy(-1),
      ArrowRight: () => app.seekBy(1),
      ArrowLeft: () => app.seekBy(-1),
      PageDown: () => app.seekBy(page),
      PageUp: () => app.seekBy(-page),
      Home: () => app.seek(0),
      End: () => app.seek(Infinity),
      '/': () => input.focus(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {number} index */
  function ask(index) {
    const from = source;
    if (!from || asked.has(index)) return;
    asked.add(index);
    from
      .step(index)
      .then((step) => {
        if (from !== source) return;
        if (known.size >= MOST_KNOWN) known.clear();
        known.set(index, step);
        app.redraw();
      })
      .catch(() => {
        // The recording is gone or ends earlier; the row stays empty.
      })
      .finally(() => asked.delete(index));
  }

  /** @param {Frame} next */
  function render(next) {
    if (next.source !== source) {
      source = next.source;
      known.clear();
      asked.clear();
      position = -1;
      input.value = '';
      setText(found, '');
      set(found, 'class', 'visually-hidden');
    }
    frame = next;
    const isShown = next.cursor !== null;
    const hasSteps = isShown && next.length > 0;
    empty.hidden = isShown;
    list.hidden = !hasSteps;
    tools.hidden = !hasSteps || !source.find;
    count.hidden = !isShown;
    setText(count, countText(next.length));
    if (!hasSteps) {
      detail.element.hidden = true;
      return;
    }
    inner.style.height = `${next.length * ROW}px`;
    if (next.position !== position) {
      position = next.position;
      scrollTo(position);
    }
    rows();
    const step = known.get(position);
    if (!step) ask(position);
    detail.render(step ?? null, next);
  }

  /** Keeps the current step in sight, and moves no more than that needs. @param {number} index */
  function scrollTo(index) {
    const top = index * ROW;
    const { scrollTop, clientHeight } = list;
    if (clientHeight === 0) {
      position = -1;
      return;
    }
    const room = Math.min(CONTEXT * ROW, clientHeight / 3);
    const isFar = top < scrollTop - clientHeight || top > scrollTop + 2 * clientHeight;
    if (isFar) list.scrollTop = top - clientHeight / 2;
    else if (top - room < scrollTop) list.scrollTop = top - room;
    else if (top + ROW + room > scrollTop + clientHeight) {
      list.scrollTop = top + ROW + room - clientHeight;
    }
  }

  function rows() {
    if (!frame) return;
    const { length } = frame;
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - MARGIN);
    const end = Math.min(length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + MARGIN);
    const items = [];
    for (let index = first; index < end; index += 1) {
      const step = known.get(index);
      if (!step) ask(index);
      items.push({ index, step, isCurrent: index === position, isAhead: index > position, length });
    }
    keyed(
      inner,
      items,
      ({ index }) => index,
      () => createRow(app),
    );
    const isInSight = position >= first && position < end;
    set(list, 'aria-activedescendant', isInSight ? `step-${position}` : null);
  }

  return { element, render };
}

/** @param {App} app */
function createRow(app) {
  const time = h('span', { class: 'time mono' });
  const sign = icon(ICONS.dot);
  const says = h('span', { class: 'says' });
  const message = h('span', { class: 'number mono' });
  let own = 0;
  const row = h(
    'div',
    { class: 'step', role: 'option', onclick: () => app.seek(own) },
    time,
    sign,
    says,
    message,
  );
  /** @typedef {{ index: number, step: Step | undefined, isCurrent: boolean, isAhead: boolean, length: number }} Item */
  return updating(row, (/** @type {Item} */ { index, step, isCurrent, isAhead, length }) => {
    own = index;
    set(row, 'id', `step-${index}`);
    set(row, 'aria-selected', String(isCurrent));
    set(row, 'aria-setsize', length);
    set(row, 'aria-posinset', index + 1);
    set(row, 'data-ahead', isAhead);
    row.style.transform = `translateY(${index * ROW}px)`;
    setText(time, step ? momentText(step.at) : '');
    setText(says, step ? step.says : 'Loading…');
    setText(message, step?.message ? `#${step.message}` : '');
    setIcon(sign, step ? (step.agrees ? KINDS[step.kind].path : ICONS.warning) : ICONS.dot);
    set(row, 'data-kind', step?.kind);
    set(row, 'data-agrees', step?.agrees === false ? 'false' : null);
  });
}

/** The current step, with all its numbers. */
function createDetail() {
  const title = h('h3');
  const about = h('p');
  const differs = h(
    'p',
    { class: 'problem' },
    'Here the client of this build answers otherwise than the recorded one.',
  );
  const panic = h('pre');
  const crash = h(
    'div',
    { class: 'problem' },
    'The client of this build stopped here: a bug.',
    panic,
  );
  const numbers = h('dl', { class: 'numbers mono' });
  const element = h(
    'div',
    { class: 'step-detail scroll', role: 'region', 'aria-label': 'Current step', tabindex: 0 },
    title,
    about,
    differs,
    crash,
    numbers,
  );

  /** @param {Step | null} step @param {Frame} frame */
  function render(step, { source, view, position, length }) {
    element.hidden = !step;
    if (!step) return;
    setText(title, step.says);
    const name = step.order ? `${step.told} → ${step.order.name}` : step.told;
    setText(about, `Step ${countText(step.index + 1)}, ${KINDS[step.kind].label}: ${name}`);
    const text = position === length - 1 ? source.panic : null;
    // A panic may be what was recorded.
    differs.hidden = Boolean(text) || (step.agrees && view.differsAt !== position);
    crash.hidden = !text;
    setText(panic, text ?? '');
    const all = [...step.numbers, ...(step.order?.numbers ?? [])];
    if (step.answer !== null) all.push({ name: 'answer', value: step.answer });
    numbers.hidden = all.length === 0;
    keyed(
      numbers,
      all.map(({ name, value }, index) => ({ name, value, index })),
      ({ index }) => index,
      () => {
        const term = h('dt');
        const value = h('dd');
        return updating(h('div', null, term, value), (/** @type {typeof all[number]} */ one) => {
          setText(term, one.name);
          setText(value, String(one.value));
        });
      },
    );
  }

  return { element, render };
}
