/** The outbox panel: the messages that wait, and why, then the settled ones with their results. */

import { h, icon, keyed, set, setIcon, setText, updating } from './dom.js';
import {
  bytesText,
  countText,
  dataText,
  leftText,
  momentText,
  previewText,
  spanText,
} from './format.js';
import { ICONS } from './icons.js';
import {
  beginOf,
  CONFIRMED,
  eventOf,
  isFailure,
  markText,
  SAVED,
  spanOf,
  WAYS,
  waitIcon,
} from './words.js';

/**
 * @typedef {import('./element.js').App} App
 * @typedef {import('./element.js').Frame} Frame
 * @typedef {import('../replay.js').Message} Message
 */

/** Waiting messages that are listed; more rows would slow the page down. */
const MOST_SHOWN = 200;

/** @param {App} app */
export function createOutbox(app) {
  const waitingList = h('ul', { 'aria-label': 'Waiting messages' });
  const settledList = h('ul', { 'aria-label': 'Settled messages' });
  const waitingCount = h('span', { class: 'count' });
  const settledCount = h('span', { class: 'count' });
  const more = h('p', { class: 'more', hidden: true });
  const nothing = h('p', { class: 'more' }, 'Nothing waits: every message has its result.');
  const settledHead = h('h3', { class: 'section' }, 'Settled', settledCount);
  const empty = h(
    'div',
    { class: 'empty' },
    h('h3', null, 'No messages yet'),
    h('p', null, 'Each message that the app sends appears here, with what it waits for.'),
  );
  const list = h(
    'div',
    { class: 'scroll grow', role: 'region', 'aria-label': 'Messages of the client', tabindex: 0 },
    h('h3', { class: 'section' }, 'Waiting', waitingCount),
    nothing,
    waitingList,
    more,
    settledHead,
    settledList,
  );
  const element = h(
    'section',
    { class: 'pane outbox', 'aria-label': 'Outbox' },
    h('div', { class: 'pane-head' }, h('h2', null, 'Outbox')),
    empty,
    list,
  );

  /** @type {number | null} */
  let shown = null;

  /** @param {Frame} frame */
  function render(frame) {
    const { messages } = frame.view;
    const waiting = messages.filter(({ state }) => state !== 'settled');
    const settled = messages.filter(({ state }) => state === 'settled').reverse();
    const listed = waiting.slice(0, MOST_SHOWN);
    const chosen = waiting.find(({ n }) => n === frame.selected);
    if (chosen && !listed.includes(chosen)) listed.push(chosen);
    empty.hidden = messages.length > 0;
    list.hidden = messages.length === 0;
    nothing.hidden = waiting.length > 0;
    settledHead.hidden = settled.length === 0;
    setText(waitingCount, countText(waiting.length));
    setText(settledCount, countText(settled.length));
    more.hidden = listed.length >= waiting.length;
    setText(more, `And ${countText(waiting.length - listed.length)} more behind these.`);
    const items = (/** @type {Message[]} */ some) => some.map((message) => ({ message, frame }));
    const keyOf = (/** @type {{ message: Message }} */ { message }) => message.n;
    const create = () => createRow(app);
    keyed(waitingList, items(listed), keyOf, create);
    keyed(settledList, items(settled), keyOf, create);
    if (frame.selected !== shown) {
      shown = frame.selected;
      const row = list.querySelector('[aria-expanded="true"]');
      row?.parentElement?.scrollIntoView({ block: 'nearest' });
    }
  }

  return { element, render };
}

/** @typedef {{ message: Message, frame: Frame }} Item */

/** @param {App} app */
function createRow(app) {
  const sign = icon(ICONS.hand);
  const number = h('span', { class: 'number mono' });
  const eventName = h('span');
  const preview = h('span', { class: 'preview' });
  const event = h('span', { class: 'event' }, eventName, preview);
  const meta = h('span', { class: 'meta' });
  const why = h('span');
  const left = h('span', { class: 'left mono' });
  const reason = h('span', { class: 'why' }, why, left);
  const bar = h('span', { class: 'bar', hidden: true });
  /** @type {number | null} */
  let own = null;
  const button = h(
    'button',
    {
      type: 'button',
      onclick: () => app.select(button.getAttribute('aria-expanded') === 'true' ? null : own),
    },
    sign,
    number,
    event,
    meta,
    reason,
    bar,
  );
  const row = h('li', { class: 'message' }, button);
  /** @type {HTMLElement & { update: (item: Item) => void } | null} */
  let way = null;
  /** The begin and end of the current wait, for the bar. */
  let began = { until: /** @type {number | null} */ (null), at: 0 };

  let isFinal = false;

  return updating(row, (/** @type {Item} */ item) => {
    const { message, frame } = item;
    const { wait, result, attempts } = message;
    const isSettled = message.state === 'settled';
    const isOpen = frame.selected === message.n;
    // A settled message changes only by being opened and closed.
    if (isSettled && isFinal && !isOpen && !way) return;
    isFinal = isSettled;
    const hasFailed = isFailure(message);
    own = message.n;
    set(row, 'data-state', hasFailed ? 'failed' : message.state);
    setIcon(sign, isSettled ? (hasFailed ? ICONS.cross : ICONS.check) : waitIcon(message));
    setText(number, String(message.n));
    setText(eventName, eventOf(frame.source, message) ?? `message ${message.n}`);
    const data = frame.source.labels.get(message.seq)?.data;
    setText(preview, data === undefined ? '' : previewText(data));
    const notes = isSettled
      ? [
          hasFailed ? result?.code : null,
          attempts > 1 ? `${attempts} attempts` : null,
          !hasFailed && result?.by ? confirmedText[result.by] : null,
          spanOf(message, frame.now),
        ]
      : [
          attempts > 0 ? `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}` : null,
          spanOf(message, frame.now),
        ];
    const texts = notes.filter((one) => one !== null && one !== undefined);
    keyed(
      meta,
      texts.map((text, index) => ({ text, index, isCode: hasFailed && index === 0 })),
      ({ index }) => index,
      () => {
        const node = h('span');
        return updating(
          node,
          (/** @type {{ text: string, isCode: boolean }} */ { text, isCode }) => {
            setText(node, text);
            set(node, 'class', isCode ? 'code mono' : null);
          },
        );
      },
    );
    reason.hidden = !wait;
    setText(why, wait?.text ?? '');
    const until = wait?.until ?? null;
    const remains = until === null ? 0 : Math.max(0, until - frame.now);
    left.hidden = until === null;
    setText(left, until === null ? '' : leftText(remains));
    if (until !== began.until)
      began = { until, at: Math.min(frame.now, lastMark(message, frame.now)) };
    bar.hidden = until === null;
    if (until !== null) {
      const share = Math.min(1, remains / Math.max(1, until - began.at));
      bar.style.transform = `scaleX(${share.toFixed(3)})`;
    }
    set(button, 'aria-expanded', String(isOpen));
    if (isOpen && !way) {
      way = createWay();
      row.append(way);
    } else if (!isOpen && way) {
      way.remove();
      way = null;
    }
    way?.update(item);
  });
}

/** Short forms for the list. */
const confirmedText = { ack: 'ack', receipt: 'receipt', echo: 'echo' };

/** @param {Message} message @param {number} now */
const lastMark = ({ marks }, now) => marks.at(-1)?.at ?? now;

/** The details of one message: its marks, its numbers, its id and its payload. */
function createWay() {
  const marks = h('ol');
  const numbers = h('dl');
  const data = h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Payload' });
  const element = h('div', { class: 'way' }, marks, numbers, data);
  return updating(element, (/** @type {Item} */ { message, frame }) => {
    const begin = beginOf(message);
    keyed(
      marks,
      message.marks.map((mark, index) => ({ mark, index })),
      ({ index }) => index,
      () => {
        const at = h('span', { class: 'mono' });
        const text = h('span');
        const since = h('span', { class: 'mono' });
        const node = h('li', null, at, text, since);
        return updating(node, (/** @type {{ mark: Message['marks'][number] }} */ { mark }) => {
          set(node, 'data-what', mark.what);
          set(
            node,
            'data-is',
            mark.what === 'settled' ? (isFailure(message) ? 'bad' : 'good') : null,
          );
          setText(at, momentText(mark.at));
          setText(text, markText(mark, message));
          setText(since, mark.at > begin ? `+${spanText(mark.at - begin)}` : '');
        });
      },
    );
    const label = frame.source.labels.get(message.seq);
    /** @type {[string, string | null | undefined][]} */
    const rows = [
      ['Id', label?.id],
      ['Lane', message.isStrict ? `${message.lane}, one at a time` : String(message.lane)],
      ['Size', bytesText(message.bytes)],
      ['Way', WAYS[message.way]],
      ['Kept', `${SAVED[message.saved]}${message.isDurable ? ', durable' : ''}`],
      ['Confirmed by', message.result?.by ? CONFIRMED[message.result.by] : null],
      ['Number', String(message.seq)],
    ];
    keyed(
      numbers,
      rows
        .filter(([, value]) => value)
        .flatMap(([name, value]) => [
          { key: name, tag: /** @type {const} */ ('dt'), text: name },
          { key: `${name}:`, tag: /** @type {const} */ ('dd'), text: value ?? '' },
        ]),
      ({ key }) => key,
      ({ tag }) => {
        const node = h(tag);
        return updating(node, (/** @type {{ text: string }} */ { text }) => setText(node, text));
      },
    );
    data.hidden = label?.data === undefined;
    if (label?.data !== undefined) setText(data, dataText(label.data));
  });
}
