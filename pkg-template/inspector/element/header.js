/** The bar at the top: the client, its state, and the buttons. */

import { h, icon, iconButton, keyed, set, setText, updating } from './dom.js';
import { countText } from './format.js';
import { ICONS } from './icons.js';
import { linkText, PHASES } from './words.js';

/**
 * @typedef {import('./element.js').App} App
 * @typedef {import('./element.js').Frame} Frame
 * @typedef {import('../source.js').Source} Source
 * @typedef {import('../replay.js').View} View
 */

/** The sign of Holdfast: a hook that holds a line. */
const SIGN = 'M4 3v10M4 8h5.5a2.5 2.5 0 0 1 0 5M12 3v4';

/** @param {App} app */
export function createHeader(app) {
  const select = h('select', {
    'aria-label': 'Client',
    onchange: () => app.choose(Number(select.value)),
  });
  const picker = h('div', { class: 'picker' }, select, icon(ICONS.chevron));
  const phaseName = h('span');
  const phaseMore = h('small');
  const phase = h('div', { class: 'phase' }, h('i'), phaseName, phaseMore);
  const spoken = h('p', { class: 'visually-hidden', role: 'status' });
  const facts = h('dl', { class: 'facts' });
  const status = h('div', { class: 'status', role: 'group', 'aria-label': 'Status' }, phase, facts);
  const liveText = h('span');
  const liveDot = h('i');
  const pauseIcon = icon(ICONS.play);
  const live = h(
    'button',
    { type: 'button', class: 'live-button', onclick: () => app.pause() },
    liveDot,
    pauseIcon,
    liveText,
  );
  const save = iconButton(ICONS.download, 'Export recording', () => app.save());
  const file = h('input', {
    type: 'file',
    hidden: true,
    'aria-label': 'Recording',
    onchange: () => {
      const [one] = file.files ?? [];
      if (one) app.openFile(one);
      file.value = '';
    },
  });
  const close = iconButton(ICONS.close, 'Close inspector', () => app.close());
  const element = h(
    'div',
    { class: 'header' },
    h('div', { class: 'brand' }, icon(SIGN), h('span', null, 'Holdfast')),
    picker,
    status,
    h(
      'div',
      { class: 'tools' },
      live,
      save,
      iconButton(ICONS.folder, 'Open recording', () => file.click()),
      close,
    ),
    file,
    spoken,
  );

  /** @param {Source[]} sources @param {Frame | null} frame @param {boolean} isInline */
  function render(sources, frame, isInline) {
    close.hidden = isInline;
    picker.hidden = sources.length === 0;
    for (const part of [status, live, save]) part.hidden = !frame;
    keyed(
      select,
      sources.map((source, index) => ({ source, index })),
      ({ index }) => index,
      ({ index }) => {
        const node = h('option', { value: index });
        return updating(node, (/** @type {{ source: Source }} */ { source }) =>
          setText(node, source.isLive ? source.title : `${source.title} (file)`),
        );
      },
    );
    if (!frame) return;
    const index = String(sources.indexOf(frame.source));
    if (select.value !== index) select.value = index;
    const { view, source, cursor } = frame;
    const { label, tone } = PHASES[view.phase];
    set(phase, 'data-tone', tone);
    setText(phaseName, label);
    const more = linkText(view, frame.now);
    phaseMore.hidden = more === null;
    setText(phaseMore, more ?? '');
    setText(spoken, `Link: ${label}`);
    live.hidden = !source.isLive;
    const isLive = cursor === null;
    set(live, 'data-is', isLive ? 'live' : 'paused');
    set(live, 'aria-label', isLive ? 'Live: pause' : 'Paused: go back to live');
    set(live, 'title', isLive ? 'Pause' : 'Back to live');
    liveDot.hidden = !isLive;
    pauseIcon.toggleAttribute('hidden', isLive);
    setText(liveText, isLive ? 'Live' : 'Paused');
    keyed(
      facts,
      factsOf(view),
      ({ name }) => name,
      ({ name }) => {
        const value = h('dd');
        const node = h('div', null, h('dt', null, name), value);
        return updating(node, (/** @type {ReturnType<typeof factsOf>[number]} */ fact) => {
          setText(value, fact.value);
          set(value, 'data-mood', fact.mood);
        });
      },
    );
  }

  return { element, status, render };
}

/** @param {View} view */
function factsOf(view) {
  const { user, isAuthorized, transport, rttMs, receipts, isSaving, tabs, phase } = view;
  const isUp = phase === 'ready' || phase === 'suspect';
  const isWrong = isUp && !isAuthorized;
  return [
    {
      name: 'User',
      value: isWrong ? `${user}, not authorized` : user,
      mood: isWrong ? 'bad' : isAuthorized && user === 'named' ? 'good' : null,
    },
    {
      name: 'Transport',
      value: transport === 'websocket' ? 'WebSocket' : transport === 'polling' ? 'Polling' : 'none',
      mood: transport ? null : 'none',
    },
    {
      name: 'Round trip',
      value: rttMs === null ? 'unknown' : `${Math.round(rttMs)} ms`,
      mood: rttMs === null ? 'none' : null,
    },
    { name: 'Receipts', value: receipts, mood: receipts === 'unknown' ? 'none' : null },
    { name: 'Storage', value: isSaving ? 'disk' : 'memory', mood: null },
    {
      name: 'Other tabs',
      value: countText(tabs),
      mood: tabs ? null : 'none',
    },
  ];
}
