/** The playback's buttons and slider. */

import { h, icon, iconButton, set, setIcon, setText } from './dom.js';
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
  const sign = icon(ICONS.play);
  const play = h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': 'Play', onclick: () => app.play() },
    sign,
  );
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
    play,
    next,
    last,
    slider,
    order,
    message,
    where,
  );

  /** @param {Frame} frame */
  function render({ position, length, cursor, selected, isPlaying }) {
    element.hidden = cursor === null;
    if (cursor === null) return;
    const end = Math.max(0, length - 1);
    setIcon(sign, isPlaying ? ICONS.pause : ICONS.play);
    set(play, 'aria-label', isPlaying ? 'Stop' : 'Play');
    set(play, 'title', isPlaying ? 'Stop' : 'Play');
    play.disabled = end === 0;
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
