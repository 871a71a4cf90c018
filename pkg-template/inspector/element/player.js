/** The playback: where in the recording the inspector is, and what moves it. */

import { h, iconButton, set, setText } from './dom.js';
import { countText, momentText } from './format.js';
import { ICONS } from './icons.js';

/**
 * @typedef {import('./element.js').App} App
 * @typedef {import('./element.js').Frame} Frame
 */

/** @param {App} app */
export function createPlayer(app) {
  const first = iconButton(ICONS.first, 'First step', () => app.seek(0));
  const previous = iconButton(ICONS.previous, 'Previous step', () => app.seekBy(-1));
  const next = iconButton(ICONS.next, 'Next step', () => app.seekBy(1));
  const last = iconButton(ICONS.last, 'Last step', () => app.seek(Infinity));
  const order = iconButton(ICONS.nextOrder, 'Next order', () => app.seekNext('order'));
  const message = iconButton(ICONS.nextMessage, 'Next step of this message', () =>
    app.seekNext('message'),
  );
  const slider = h('input', {
    type: 'range',
    min: 0,
    step: 1,
    'aria-label': 'Step',
    oninput: () => app.seek(Number(slider.value)),
  });
  const where = h('output', { class: 'mono' });
  const element = h(
    'div',
    { class: 'player', role: 'group', 'aria-label': 'Playback' },
    first,
    previous,
    next,
    last,
    slider,
    order,
    message,
    where,
  );

  /** @param {Frame} frame */
  function render({ position, length, cursor, selected }) {
    element.hidden = cursor === null;
    if (cursor === null) return;
    const end = Math.max(0, length - 1);
    first.disabled = previous.disabled = position <= 0;
    next.disabled = last.disabled = order.disabled = position >= end;
    message.disabled = position >= end || selected === null;
    set(slider, 'max', end);
    if (slider.value !== String(position)) slider.value = String(position);
    set(
      slider,
      'aria-valuetext',
      `Step ${countText(position + 1)} of ${countText(length)}, ${momentText(cursor)}`,
    );
    setText(where, `${countText(position + 1)} / ${countText(length)}`);
  }

  return { element, render };
}
