/** `<holdfast-inspector>`: shows a client while it runs, and plays a recording back. */

import { h, icon, set, setText } from './dom.js';
import { countText } from './format.js';
import { createHeader } from './header.js';
import { ICONS } from './icons.js';
import { createOutbox } from './outbox.js';
import { createPlayer } from './player.js';
import { createSteps } from './steps.js';
import { addStyles } from './styles.js';
import { createTimeline } from './timeline.js';
import { isFailure, PHASES } from './words.js';

/**
 * @typedef {import('../replay.js').View} View
 * @typedef {import('../replay.js').Message} Message
 * @typedef {import('../source.js').Source} Source
 * @typedef {import('../source.js').Sources} Sources
 *
 * The state from which all panels render.
 * @typedef {object} Frame
 * @property {Source} source
 * @property {View} view at the step that is shown
 * @property {View} full at the latest step that is known
 * @property {number} now the moment that is shown, by the client's clock
 * @property {number} end the last moment that is known
 * @property {number | null} cursor the moment of the playback; null where the newest is followed
 * @property {number} position the index of the step that is shown
 * @property {number} length steps
 * @property {number | null} selected a message, by its `n`
 * @property {number | null} lit the message that the shown step is about
 * @property {boolean} isPlaying the moment moves on by itself
 *
 * The actions that panels may call.
 * @typedef {object} App
 * @property {() => void} redraw
 * @property {(n: number | null) => void} select
 * @property {(index: number) => void} seek
 * @property {(steps: number) => void} seekBy forward, or back where negative
 * @property {(at: number) => void} seekTo the last step at or before a moment
 * @property {(what: 'order' | 'message') => void} seekNext
 * @property {(isPaused?: boolean) => void} pause `false` goes back to live; the default toggles
 * @property {() => void} play starts or stops the playback
 * @property {(index: number) => void} choose
 * @property {(file: File) => void} openFile
 * @property {() => void} save
 * @property {() => void} close
 * @property {() => boolean} isInline
 */

const FRAME_MS = 100;
/** The interval where the user prefers reduced motion. */
const CALM_FRAME_MS = 1_000;
/** The least width of each layout. */
const SIZES = { medium: 720, wide: 1_060 };
const HEIGHT = { least: 180, step: 32 };
/** Steps that a search for the next step of a kind asks for at one time. */
const LOOK_AHEAD = 64;

/** Node has no HTMLElement; the import must not fail there. @type {typeof HTMLElement} */
const Base = globalThis.HTMLElement ?? /** @type {any} */ (class {});

export class InspectorElement extends Base {
  static observedAttributes = ['inline', 'collapsed', 'theme'];

  /** The default for all elements. @type {Sources | null} */
  static sources = null;

  /** @type {Sources | null} */
  #sources = null;
  /** @type {unknown} */
  #client = null;
  /** @type {Source | null} */
  #source = null;
  /** The user chose the source, so a new client does not replace it. */
  #isChosen = false;
  /** @type {View | null} */
  #view = null;
  /** @type {View | null} */
  #full = null;
  #isStale = true;
  /** Where the playback is, or null while the newest is followed. @type {number | null} */
  #position = null;
  /** @type {number | null} */
  #wanted = null;
  #isSeeking = false;
  /** When the newest view arrived: the clock of sources without `now`. */
  #seenAt = 0;
  /** @type {number | null} */
  #selected = null;
  #search = 0;
  /** @type {number | null} */
  #lit = null;
  /** When the playback began, and at which moment of the recording. @type {{ since: number, from: number } | null} */
  #played = null;
  #isSearching = false;
  /** @type {'timeline' | 'outbox' | 'steps'} */
  #tab = 'timeline';
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #frameRequest = 0;
  #renderedAt = 0;
  /** @type {ReturnType<InspectorElement['build']> | null} */
  #parts = null;

  /** All recordings of the page. @returns {Sources | null} */
  get sources() {
    return this.#sources ?? InspectorElement.sources;
  }

  set sources(sources) {
    this.#sources = sources;
    if (this.isConnected) this.#listen();
  }

  /** The client to show first, or its Socket. */
  get client() {
    return this.#client;
  }

  set client(client) {
    this.#client = client;
    this.#isChosen = false;
    this.#pick();
  }

  connectedCallback() {
    // A framework may have set these on the element before it was defined.
    for (const name of /** @type {const} */ (['sources', 'client'])) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (/** @type {any} */ (this)[name]);
      /** @type {any} */ (this)[name] = value;
    }
    this.#parts ??= this.build();
    this.#listen();
  }

  disconnectedCallback() {
    for (const end of this.#ends.splice(0)) end();
    this.#endSource();
    clearTimeout(this.#timer);
    clearTimeout(this.#calmTimer);
    cancelAnimationFrame(this.#frameRequest);
    this.#timer = undefined;
    this.#calmTimer = undefined;
    this.#frameRequest = 0;
  }

  attributeChangedCallback() {
    this.#redraw();
  }

  /** Ends `close`. */
  open() {
    this.removeAttribute('collapsed');
    this.#parts?.frame.querySelector('select')?.focus();
  }

  /** Collapses the element to a small button at the edge of the page. */
  close() {
    this.setAttribute('collapsed', '');
    this.dispatchEvent(new Event('close'));
    this.#render();
    this.#parts?.launcher.focus();
  }

  build() {
    const root = this.attachShadow({ mode: 'open' });
    addStyles(root);
    /** @type {App} */
    const app = {
      redraw: () => this.#redraw(),
      select: (n) => this.#select(n),
      seek: (index) => this.#jump(index),
      seekBy: (steps) => this.#jump((this.#wanted ?? this.#position ?? 0) + steps),
      seekTo: (at) => {
        this.#played = null;
        this.#seekTo(at).catch((error) =>
          this.#complain(`No step can be read: ${messageOf(error)}`),
        );
      },
      seekNext: (what) => {
        this.#played = null;
        this.#seekNext(what).catch((error) =>
          this.#complain(`No step can be read: ${messageOf(error)}`),
        );
      },
      play: () => this.#play(),
      pause: (isPaused) => this.#pause(isPaused ?? this.#position === null),
      choose: (index) => {
        const source = this.sources?.list()[index];
        if (source) this.#show(source, true);
      },
      openFile: (file) => this.#openFile(file),
      save: () => this.#save(),
      close: () => this.close(),
      isInline: () => this.hasAttribute('inline'),
    };
    const panels = {
      header: createHeader(app),
      timeline: createTimeline(app),
      outbox: createOutbox(app),
      steps: createSteps(app),
      player: createPlayer(app),
    };
    panels.timeline.element.append(panels.player.element);
    const tabs = createTabs(['timeline', 'outbox', 'steps'], (tab) => {
      this.#tab = tab;
      this.#render();
    });
    const empty = createEmpty();
    const notices = h('div');
    const note = createNote(app);
    const body = h(
      'div',
      { class: 'body' },
      tabs.element,
      panels.timeline.element,
      panels.outbox.element,
      panels.steps.element,
    );
    const resizer = h('div', {
      class: 'resizer',
      role: 'separator',
      tabindex: 0,
      'aria-orientation': 'horizontal',
      'aria-label': 'Height of the inspector',
    });
    const frame = h(
      'section',
      { class: 'frame', 'aria-label': 'Holdfast inspector', onkeydown: this.#onKey },
      resizer,
      panels.header.element,
      notices,
      note.element,
      empty.element,
      body,
    );
    const launcherDot = h('i');
    const launcherText = h('span');
    const launcher = h(
      'button',
      { type: 'button', class: 'launcher', 'aria-expanded': 'false', onclick: () => this.open() },
      launcherDot,
      h('span', { class: 'visually-hidden' }, 'Open inspector: '),
      launcherText,
    );
    const corner = h('section', { 'aria-label': 'Holdfast inspector', hidden: true }, launcher);
    root.append(frame, corner);
    this.#makeResizable(resizer, frame);
    this.#takeDrops(frame);
    return {
      ...panels,
      tabs,
      empty,
      notices,
      note,
      body,
      resizer,
      frame,
      launcher,
      launcherDot,
      launcherText,
      corner,
    };
  }

  #listen() {
    this.disconnectedCallback();
    const { sources } = this;
    if (sources) this.#ends.push(sources.subscribe(() => this.#pick()));
    const observer = new ResizeObserver(() => this.#redraw());
    if (this.#parts) observer.observe(this.#parts.body);
    observer.observe(this);
    this.#ends.push(() => observer.disconnect());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => this.#redraw();
    dark.addEventListener('change', repaint);
    this.#ends.push(() => dark.removeEventListener('change', repaint));
    const source = this.#source;
    this.#source = null;
    if (source && sources?.list().includes(source)) this.#show(source, this.#isChosen);
    else this.#pick();
  }

  /** Shows the client of the property, else the first one, unless the user chose another. */
  #pick() {
    const list = this.sources?.list() ?? [];
    const isThere = this.#source !== null && list.includes(this.#source);
    if (!isThere) this.#isChosen = false;
    const own = this.#client ? list.find((one) => one.isOf?.(this.#client)) : undefined;
    const next = this.#isChosen ? this.#source : (own ?? (isThere ? this.#source : list[0]));
    if (next && next !== this.#source) this.#show(next, false);
    if (!next && this.#source) this.#leave();
    this.#redraw();
  }

  #leave() {
    this.#endSource();
    this.#source = null;
    this.#view = null;
    this.#full = null;
  }

  #endSource = () => {};

  /** @param {Source} source @param {boolean} isChosen */
  #show(source, isChosen) {
    this.#leave();
    this.#source = source;
    this.#isChosen = isChosen;
    this.#isStale = true;
    this.#wanted = null;
    this.#selected = null;
    this.#lit = null;
    this.#played = null;
    this.#position = source.isLive ? null : Math.max(0, source.length - 1);
    const end = source.subscribe(() => {
      this.#isStale = true;
      this.#redraw();
    });
    this.#endSource = () => {
      end();
      if (source.isLive && this.#position !== null) source.follow?.();
      this.#endSource = () => {};
    };
    if (!source.isLive) this.#seek(Infinity);
    this.#redraw();
  }

  // Playback

  /** @param {boolean} isPaused */
  #pause(isPaused) {
    const source = this.#source;
    if (!source?.isLive) return;
    this.#wanted = null;
    this.#lit = null;
    this.#played = null;
    this.#search += 1;
    if (isPaused) {
      this.#seek(source.length - 1);
    } else {
      this.#position = null;
      source.follow?.();
    }
    this.#isStale = true;
    this.#redraw();
  }

  /** Goes to a step, and stops there. @param {number} index */
  #jump(index) {
    this.#played = null;
    this.#search += 1;
    this.#seek(index);
  }

  /** Moves on as time did in the recording, or stops. */
  #play() {
    if (this.#position === null) return;
    const view = this.#view;
    if (this.#played || !view) {
      this.#played = null;
    } else {
      const isAtEnd = view.at >= (this.#full?.at ?? 0);
      if (isAtEnd) this.#seek(0);
      this.#played = { since: performance.now(), from: isAtEnd ? 0 : view.at };
    }
    this.#redraw();
  }

  /** Goes to the step of the moment that the playback has reached. @param {View} full */
  async #playOn({ at: end }) {
    const played = this.#played;
    if (!played || this.#isSearching) return;
    const at = played.from + performance.now() - played.since;
    if (at >= end) {
      this.#jump(Infinity);
      return;
    }
    this.#isSearching = true;
    try {
      await this.#seekTo(at);
    } catch {
      this.#played = null;
    } finally {
      this.#isSearching = false;
    }
  }

  /** Goes to a step. Calls that arrive meanwhile replace each other: only the last one is served. @param {number} index */
  async #seek(index) {
    const source = this.#source;
    if (!source || source.length === 0) return;
    this.#wanted = Math.max(0, Math.min(index, source.length - 1));
    this.#position = this.#wanted;
    this.#redraw();
    if (this.#isSeeking) return;
    this.#isSeeking = true;
    try {
      while (this.#wanted !== null && source === this.#source) {
        const to = /** @type {number} */ (this.#wanted);
        const view = await source.seek(to);
        if (source !== this.#source) break;
        if (this.#wanted === to) this.#wanted = null;
        if (this.#position !== null) this.#accept(view);
        else source.follow?.();
        if (this.#position === to) this.#light(source, to);
      }
    } catch (error) {
      this.#complain(`This step cannot be shown: ${messageOf(error)}`);
    } finally {
      this.#isSeeking = false;
      const next = /** @type {number | null} */ (this.#wanted);
      if (source !== this.#source && next !== null) this.#seek(next);
      else this.#wanted = null;
    }
  }

  /** Shows which message a step is about. @param {Source} source @param {number} index */
  async #light(source, index) {
    const { message } = await source.step(index).catch(() => ({ message: null }));
    if (source !== this.#source || this.#position !== index) return;
    this.#lit = message;
    this.#redraw();
  }

  /** @param {number} at */
  async #seekTo(at) {
    const source = this.#source;
    if (!source) return;
    this.#search += 1;
    const search = this.#search;
    let low = 0;
    let high = source.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const step = await source.step(middle);
      if (search !== this.#search || source !== this.#source) return;
      if (step.at <= at) low = middle;
      else high = middle - 1;
    }
    if (low !== this.#position) this.#seek(low);
  }

  /** @param {'order' | 'message'} what */
  async #seekNext(what) {
    const source = this.#source;
    if (!source || this.#position === null) return;
    this.#search += 1;
    const search = this.#search;
    for (let from = this.#position + 1; from < source.length; from += LOOK_AHEAD) {
      const count = Math.min(LOOK_AHEAD, source.length - from);
      const steps = await Promise.all(
        Array.from({ length: count }, (_, index) => source.step(from + index)),
      );
      if (search !== this.#search || source !== this.#source) return;
      const found = steps.find((step) =>
        what === 'order' ? step.order !== null : step.message === this.#selected,
      );
      if (found) {
        this.#seek(found.index);
        return;
      }
    }
  }

  /** @param {number | null} n */
  #select(n) {
    this.#selected = n;
    const message = this.#full?.messages.find((one) => one.n === n);
    if (message) this.#parts?.timeline.reveal(message);
    this.#render();
  }

  /** Keys that work wherever the focus is. */
  #onKey = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (this.#position === null) return;
    const by = { j: 1, k: -1 }[event.key];
    if (by) this.#jump(this.#position + by);
    else if (event.key === 'Home') this.#jump(0);
    else if (event.key === 'End') this.#jump(Infinity);
    else if (event.key === ' ' && !target.closest('button')) this.#play();
    else return;
    event.preventDefault();
  };

  // Files

  /** @param {File} file */
  async #openFile(file) {
    const { sources } = this;
    if (!sources) return;
    this.#parts?.notices.replaceChildren();
    try {
      this.#show(await sources.open(file), true);
    } catch (error) {
      this.#complain(`${file.name} cannot be opened: ${messageOf(error)}`);
    }
  }

  /** Exports the recording, and first asks about payloads if it has some. */
  #save() {
    const source = this.#source;
    if (!source) return;
    const hasPayloads = [...source.labels.values()].some(({ data }) => data !== undefined);
    if (!hasPayloads) {
      this.#download(source, false);
      return;
    }
    this.#notify('idle', 'This recording has the payloads of messages.', [
      ['Export without them', () => this.#download(source, false)],
      ['Export with payloads', () => this.#download(source, true)],
    ]);
  }

  /** @param {Source} source @param {boolean} payloads */
  async #download(source, payloads) {
    try {
      const url = URL.createObjectURL(await source.export({ payloads }));
      const name = source.title.replace(/\.holdfast$/, '').replace(/[^\w.-]+/g, '-');
      h('a', { href: url, download: `${name}.holdfast` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      this.#complain(`The recording cannot be exported: ${messageOf(error)}`);
    }
  }

  /** @param {string} text */
  #complain(text) {
    this.#notify('bad', text, []);
  }

  /** @param {'bad' | 'idle'} tone @param {string} text @param {[string, () => void][]} actions */
  #notify(tone, text, actions) {
    const notices = this.#parts?.notices;
    if (!notices) return;
    const end = () => notices.replaceChildren();
    const buttons = actions.map(([name, act]) =>
      h(
        'button',
        {
          type: 'button',
          class: 'text-button',
          onclick: () => {
            end();
            act();
          },
        },
        name,
      ),
    );
    const dismiss = h('button', { type: 'button', class: 'text-button', onclick: end }, 'Dismiss');
    const role = tone === 'bad' ? 'alert' : 'status';
    const sign = icon(tone === 'bad' ? ICONS.warning : ICONS.download);
    notices.replaceChildren(
      h(
        'div',
        { class: 'notice', 'data-tone': tone, role },
        sign,
        h('p', null, text),
        ...buttons,
        dismiss,
      ),
    );
  }

  // Rendering

  #redraw() {
    if (!this.isConnected || this.#timer !== undefined || this.#frameRequest) return;
    const wait = Math.max(0, this.#renderedAt + FRAME_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#frameRequest = requestAnimationFrame(() => {
        this.#frameRequest = 0;
        this.#render();
      });
    }, wait);
  }

  /** @param {View} view */
  #accept(view) {
    if (view.at !== this.#view?.at) this.#seenAt = performance.now();
    this.#view = view;
    this.#isStale = false;
    if (!this.#full || view.steps >= this.#full.steps) this.#full = view;
    this.#redraw();
  }

  /** @returns {Frame | null} */
  #frame() {
    const source = this.#source;
    if (!source) return null;
    if (this.#isStale && this.#wanted === null) this.#accept(source.view());
    const view = this.#view ?? source.view();
    const full = this.#full ?? view;
    const isPlayed = this.#position !== null;
    const clock = source.now?.() ?? view.at + performance.now() - this.#seenAt;
    const played = this.#played ? this.#played.from + performance.now() - this.#played.since : 0;
    const now = isPlayed ? Math.max(view.at, Math.min(played, full.at)) : Math.max(view.at, clock);
    return {
      source,
      view,
      full,
      now,
      end: isPlayed ? full.at : now,
      cursor: isPlayed ? now : null,
      position: this.#position ?? source.length - 1,
      length: source.length,
      selected: this.#selected,
      lit: isPlayed ? this.#lit : null,
      isPlaying: this.#played !== null,
    };
  }

  #render() {
    const parts = this.#parts;
    if (!parts || !this.isConnected) return;
    this.#renderedAt = performance.now();
    const frame = this.#frame();
    const isInline = this.hasAttribute('inline');
    const isCollapsed = !isInline && this.hasAttribute('collapsed');
    parts.frame.hidden = isCollapsed;
    parts.corner.hidden = !isCollapsed;
    if (isCollapsed) {
      this.#renderLauncher(frame);
    } else if (parts.frame.clientWidth === 0) {
      // The page hides the element. The ResizeObserver reports when that ends.
      return;
    } else {
      const sources = this.sources?.list() ?? [];
      set(parts.frame, 'data-size', sizeOf(parts.frame.clientWidth));
      parts.header.render(sources, frame, isInline);
      parts.empty.render(this.sources, frame);
      parts.note.render(frame);
      parts.body.hidden = !frame;
      set(parts.resizer, 'aria-valuenow', Math.round(parts.frame.clientHeight));
      set(parts.resizer, 'aria-valuemin', HEIGHT.least);
      set(parts.resizer, 'aria-valuemax', innerHeight);
      if (frame) {
        this.#layOut(frame);
        // A hidden panel is rendered when it is shown.
        for (const panel of [parts.timeline, parts.outbox, parts.steps]) {
          if (!panel.element.hidden) panel.render(frame);
        }
        parts.player.render(frame);
      }
    }
    if (frame?.isPlaying) {
      this.#playOn(frame.full);
      this.#redraw();
    } else if (frame && frame.cursor === null) {
      this.#tick();
    }
  }

  /** Redraws while a client runs, since its clock moves. */
  #tick() {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!isCalm) {
      this.#redraw();
    } else if (this.#calmTimer === undefined) {
      this.#calmTimer = setTimeout(() => {
        this.#calmTimer = undefined;
        this.#redraw();
      }, CALM_FRAME_MS);
    }
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #calmTimer;

  /** @param {Frame} frame */
  #layOut(frame) {
    const parts = this.#parts;
    if (!parts) return;
    const size = sizeOf(parts.frame.clientWidth);
    const isPlayed = frame.cursor !== null;
    set(parts.frame, 'data-steps', String(isPlayed));
    // On a phone it scrolls, so a keyboard must reach it.
    set(parts.header.status, 'tabindex', size === 'phone' ? 0 : null);
    set(parts.frame, 'data-narrow', size !== 'phone' && parts.timeline.element.clientWidth < 480);
    const shown = size === 'phone' ? this.#tab : this.#tab === 'timeline' ? 'outbox' : this.#tab;
    const waiting = frame.view.messages.filter(({ state }) => state !== 'settled').length;
    parts.tabs.render(size, shown, { outbox: waiting, steps: isPlayed ? frame.length : 0 });
    for (const name of /** @type {const} */ (['timeline', 'outbox', 'steps'])) {
      const { element } = parts[name];
      const isTabbed = size === 'phone' || (size === 'medium' && name !== 'timeline');
      element.hidden = isTabbed ? name !== shown : name === 'steps' && size === 'wide' && !isPlayed;
      set(element, 'id', `pane-${name}`);
      set(element, 'role', isTabbed ? 'tabpanel' : null);
    }
    // On a phone the playback stays below each of the panels.
    const home = size === 'phone' ? parts.frame : parts.timeline.element;
    if (parts.player.element.parentElement !== home) home.append(parts.player.element);
  }

  /** @param {Frame | null} frame */
  #renderLauncher(frame) {
    const parts = this.#parts;
    if (!parts) return;
    const waiting = frame?.view.messages.filter(({ state }) => state !== 'settled').length ?? 0;
    const failed = frame?.view.messages.filter(isFailure).length ?? 0;
    const phase = frame ? PHASES[frame.view.phase] : null;
    set(parts.launcherDot, 'data-tone', phase?.tone ?? 'idle');
    const counts = [waiting ? `${waiting} waiting` : '', failed ? `${failed} failed` : ''];
    setText(parts.launcherText, ['Holdfast', phase?.label, ...counts].filter(Boolean).join(' · '));
  }

  /** @param {HTMLElement} resizer @param {HTMLElement} frame */
  #makeResizable(resizer, frame) {
    const resize = (/** @type {number} */ height) => {
      const most = innerHeight;
      this.style.setProperty('--hf-height', `${Math.max(HEIGHT.least, Math.min(most, height))}px`);
      this.#redraw();
    };
    resizer.addEventListener('pointerdown', (event) => {
      resizer.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    resizer.addEventListener('pointermove', (event) => {
      if (resizer.hasPointerCapture(event.pointerId)) resize(innerHeight - event.clientY);
    });
    resizer.addEventListener('keydown', (event) => {
      const by = { ArrowUp: HEIGHT.step, ArrowDown: -HEIGHT.step }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      resize(frame.clientHeight + by);
    });
  }

  /** @param {HTMLElement} frame */
  #takeDrops(frame) {
    const hasFiles = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.types.includes('Files');
    frame.addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      set(frame, 'data-drop', 'true');
    });
    const end = () => set(frame, 'data-drop', null);
    frame.addEventListener('dragleave', (event) => {
      if (!frame.contains(/** @type {Node | null} */ (event.relatedTarget))) end();
    });
    frame.addEventListener('drop', (event) => {
      const [file] = event.dataTransfer?.files ?? [];
      end();
      if (!file) return;
      event.preventDefault();
      this.#openFile(file);
    });
  }
}

/**
 * Defines the element. Further calls only replace the default sources.
 * @param {Sources} [sources] the default for all elements
 */
export function defineInspector(sources) {
  if (sources) InspectorElement.sources = sources;
  if (typeof customElements === 'undefined' || customElements.get(NAME)) return;
  customElements.define(NAME, InspectorElement);
}

const NAME = 'holdfast-inspector';

/** @param {number} width */
const sizeOf = (width) =>
  width >= SIZES.wide ? 'wide' : width >= SIZES.medium ? 'medium' : 'phone';

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @template {string} Name
 * @param {readonly Name[]} names
 * @param {(name: Name) => void} choose
 */
function createTabs(names, choose) {
  const tabs = names.map((name) => {
    const count = h('span', { class: 'count' });
    const button = h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${name}`,
        onclick: () => choose(name),
      },
      name.charAt(0).toUpperCase() + name.slice(1),
      count,
    );
    return { name, count, button };
  });
  const element = h(
    'div',
    {
      class: 'tabs',
      role: 'tablist',
      'aria-label': 'Panels',
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const shown = tabs.filter(({ button }) => !button.hidden);
        const index = shown.findIndex(({ button }) => button.ariaSelected === 'true');
        const next = shown[(index + by + shown.length) % shown.length];
        if (!next) return;
        choose(next.name);
        next.button.focus();
      },
    },
    ...tabs.map(({ button }) => button),
  );

  /** @param {string} size @param {string} shown @param {Record<string, number>} counts */
  function render(size, shown, counts) {
    element.hidden = size === 'wide';
    for (const { name, count, button } of tabs) {
      button.hidden = name === 'timeline' && size !== 'phone';
      const isShown = name === shown;
      set(button, 'aria-selected', String(isShown));
      set(button, 'aria-controls', isShown ? `pane-${name}` : null);
      set(button, 'tabindex', isShown ? 0 : -1);
      count.hidden = !counts[name];
      setText(count, countText(counts[name] ?? 0));
    }
  }

  return { element, render };
}

/** The text that is shown where there is no client. */
function createEmpty() {
  const title = h('h2');
  const text = h('p');
  const element = h('div', { class: 'empty' }, icon(ICONS.link), title, text);

  /** @param {Sources | null} sources @param {Frame | null} frame */
  function render(sources, frame) {
    element.hidden = frame !== null;
    if (frame) return;
    const missed = sources?.missed?.() ?? 0;
    setText(title, missed ? 'This client is not recorded' : 'No client yet');
    setText(
      text,
      missed
        ? 'This client was made before holdfast/inspector was loaded: import it first.'
        : 'A client appears here as soon as the app makes one. You can also open a recording: drop its file here.',
    );
  }

  return { element, render };
}

/**
 * The warnings about a recording: it is not whole, or this build's client answers otherwise.
 * @param {App} app
 */
function createNote(app) {
  const text = h('p');
  let first = 0;
  const go = h('button', { type: 'button', class: 'text-button', onclick: () => app.seek(first) });
  const element = h('div', { class: 'notice', 'data-tone': 'busy' }, icon(ICONS.warning), text, go);

  /** @param {Frame | null} frame */
  function render(frame) {
    const source = frame?.source;
    const texts = source && !source.isWhole ? [source.note ?? 'This recording is not whole.'] : [];
    const differsAt = frame?.full.differsAt ?? null;
    if (differsAt !== null) {
      first = differsAt;
      texts.push(
        `From step ${countText(differsAt + 1)} on, the client of this build answers otherwise than the recorded one.`,
      );
      setText(go, `Go to step ${countText(differsAt + 1)}`);
    }
    go.hidden = differsAt === null || frame?.cursor === null;
    element.hidden = texts.length === 0;
    setText(text, texts.join(' '));
  }

  return { element, render };
}
