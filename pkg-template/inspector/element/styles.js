/** The element's style sheet. Apps may set the tokens, as `holdfast-inspector { --hf-accent: … }`. */

/** Names without `--hf-`. Texts of the first three have a contrast of 4.5 or more on each surface. */
const LIGHT = {
  ink: '#1a1d24',
  muted: '#555d6b',
  faint: '#5f6775',
  surface: '#ffffff',
  raised: '#f7f8fa',
  sunken: '#f1f3f6',
  line: '#e4e7ec',
  strong: '#cfd4dc',
  hover: '#f1f3f7',
  selected: '#eceefe',
  accent: '#4f52d9',
  'accent-fill': '#6366f1',
  'wait-fill': '#c9cdf3',
  good: '#157347',
  'good-fill': '#22a06b',
  'good-soft': '#e3f5ec',
  bad: '#c0272d',
  'bad-fill': '#e5484d',
  'bad-soft': '#fdebec',
  cut: '#cb3036',
  busy: '#8f5700',
  'busy-fill': '#f0a92e',
  'busy-soft': '#fdf3e0',
  doubt: '#a8480b',
  'doubt-fill': '#ef7e32',
  'doubt-soft': '#fdeee3',
  'idle-fill': '#b9c0cb',
  'idle-soft': '#eceff3',
  'on-fill': '#ffffff',
  shadow: '0 0 0 1px rgb(20 24 33 / 6%), 0 -6px 28px rgb(20 24 33 / 12%)',
  'pop-shadow': '0 0 0 1px rgb(20 24 33 / 8%), 0 8px 24px rgb(20 24 33 / 16%)',
};

/** @type {typeof LIGHT} */
const DARK = {
  ink: '#e8eaf0',
  muted: '#a3abb9',
  faint: '#8d96a5',
  surface: '#101319',
  raised: '#161a21',
  sunken: '#0c0e13',
  line: '#222831',
  strong: '#353d49',
  hover: '#1a1f27',
  selected: '#20233f',
  accent: '#a5aaff',
  'accent-fill': '#7478f5',
  'wait-fill': '#353964',
  good: '#56cf96',
  'good-fill': '#2fae77',
  'good-soft': '#11291f',
  bad: '#ff8a8d',
  'bad-fill': '#e5484d',
  'bad-soft': '#34171a',
  cut: '#b9343a',
  busy: '#f2bd5c',
  'busy-fill': '#d99320',
  'busy-soft': '#2f230e',
  doubt: '#ff9f66',
  'doubt-fill': '#dd6d26',
  'doubt-soft': '#331d10',
  'idle-fill': '#4b5462',
  'idle-soft': '#1d222a',
  'on-fill': '#ffffff',
  shadow: '0 0 0 1px rgb(255 255 255 / 7%), 0 -8px 32px rgb(0 0 0 / 50%)',
  'pop-shadow': '0 0 0 1px rgb(255 255 255 / 10%), 0 8px 24px rgb(0 0 0 / 60%)',
};

/** @param {Record<string, string>} tokens */
const declared = (tokens) =>
  Object.entries(tokens)
    .map(([name, value]) => `--hf-${name}: ${value};`)
    .join('\n');

/** The names, for what is drawn on a canvas. */
export const TOKENS = Object.keys(LIGHT);

export const CSS = `
:host {
  ${declared(LIGHT)}
  color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme='light'])) {
    ${declared(DARK)}
    color-scheme: dark;
  }
}
:host([theme='dark']) {
  ${declared(DARK)}
  color-scheme: dark;
}

:host {
  --hf-font: 'Inter Variable', Inter, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --hf-mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
  position: fixed;
  inset: auto 0 0 0;
  z-index: 2147483000;
  display: block;
  font: 400 12px/1.45 var(--hf-font);
  font-variant-numeric: tabular-nums;
  letter-spacing: 0;
  text-align: start;
  color: var(--hf-ink);
  -webkit-text-size-adjust: 100%;
}
:host([hidden]) { display: none; }
:host([inline]) { position: relative; inset: auto; z-index: 0; height: 560px; }
:host([collapsed]:not([inline])) { inset: auto 16px 16px auto; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, ol, dl, dd, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
button, input, select { font: inherit; color: inherit; letter-spacing: inherit; }
button { border: 0; background: none; padding: 0; cursor: pointer; text-align: start; touch-action: manipulation; }
button:disabled { cursor: default; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--hf-accent); outline-offset: 1px; }
.icon { flex: none; width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.mono { font-family: var(--hf-mono); font-size: 11px; line-height: inherit; }
.grow { flex: 1; min-width: 0; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--hf-strong) transparent; }

/* Frame */
.frame {
  position: relative;
  display: flex;
  flex-direction: column;
  height: min(var(--hf-height, min(440px, max(45dvh, 260px))), 100dvh);
  background: var(--hf-surface);
  box-shadow: var(--hf-shadow);
  overflow: hidden;
}
:host([inline]) .frame { height: 100%; border-radius: 10px; box-shadow: none; border: 1px solid var(--hf-line); }
.frame[data-drop='true']::after {
  content: 'Drop a recording to open it';
  position: absolute; inset: 8px; z-index: 5;
  display: grid; place-items: center;
  border: 2px dashed var(--hf-accent); border-radius: 8px;
  background: color-mix(in srgb, var(--hf-surface) 88%, transparent);
  font-size: 14px; font-weight: 600;
}
.resizer { position: absolute; inset: 0 0 auto 0; height: 7px; z-index: 4; cursor: ns-resize; touch-action: none; }
.resizer::after { content: ''; position: absolute; left: 50%; top: 2px; width: 36px; height: 3px; margin-left: -18px; border-radius: 2px; background: var(--hf-strong); opacity: 0; transition: opacity .15s; }
.resizer:hover::after, .resizer:focus-visible::after { opacity: 1; }
.resizer:focus-visible { outline-offset: -2px; }
:host([inline]) .resizer { display: none; }

.frame[data-size='phone'] .resizer { height: 14px; }
.frame[data-size='phone'] .resizer::after { top: 4px; opacity: 1; }

/* Header */
.header { flex: none; display: flex; align-items: center; gap: 10px; min-height: 42px; padding: 0 8px 0 12px; background: var(--hf-raised); border-bottom: 1px solid var(--hf-line); }
.brand { display: flex; align-items: center; gap: 7px; font-weight: 650; font-size: 12.5px; letter-spacing: -.01em; }
.brand svg { width: 18px; height: 18px; stroke: var(--hf-accent); stroke-width: 1.7; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.picker { position: relative; min-width: 0; }
.picker select {
  appearance: none; max-width: 220px; height: 26px; padding: 0 24px 0 9px; text-overflow: ellipsis;
  border: 1px solid var(--hf-line); border-radius: 6px; background: var(--hf-surface); font-weight: 500; cursor: pointer;
}
.picker select:hover { border-color: var(--hf-strong); }
.picker .icon { position: absolute; right: 6px; top: 6px; width: 14px; height: 14px; rotate: 90deg; pointer-events: none; color: var(--hf-faint); }
.phase { display: inline-flex; align-items: center; gap: 6px; height: 24px; padding: 0 10px 0 8px; border-radius: 12px; font-weight: 600; white-space: nowrap; }
.phase i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; }
.phase[data-tone='busy'] i, .phase[data-tone='bad'] i { animation: pulse 1.4s ease-in-out infinite; }
.phase small { font-size: 11px; font-weight: 450; font-variant-numeric: tabular-nums; }
[data-tone='good'] { color: var(--hf-good); background: var(--hf-good-soft); }
[data-tone='bad'] { color: var(--hf-bad); background: var(--hf-bad-soft); }
[data-tone='busy'] { color: var(--hf-busy); background: var(--hf-busy-soft); }
[data-tone='doubt'] { color: var(--hf-doubt); background: var(--hf-doubt-soft); }
[data-tone='idle'] { color: var(--hf-muted); background: var(--hf-idle-soft); }
@keyframes pulse { 50% { opacity: .35; } }
.status { display: flex; align-items: center; gap: 10px; flex: 1; min-width: 0; }
.facts { display: flex; align-items: center; flex: 1; min-width: 0; height: 42px; overflow: hidden; flex-wrap: wrap; }
.facts > div { display: flex; align-items: baseline; gap: 5px; height: 42px; padding: 0 10px; line-height: 42px; white-space: nowrap; }
.facts dt { color: var(--hf-faint); font-size: 11px; }
.facts dd { font-weight: 500; }
.facts dd[data-mood='bad'] { color: var(--hf-bad); }
.facts dd[data-mood='good'] { color: var(--hf-good); }
.facts dd[data-mood='none'] { color: var(--hf-faint); font-weight: 400; }
.tools { display: flex; align-items: center; gap: 2px; margin-left: auto; }
.icon-button { display: inline-grid; place-items: center; width: 28px; height: 28px; border-radius: 6px; color: var(--hf-muted); }
.icon-button:hover:not(:disabled) { background: var(--hf-hover); color: var(--hf-ink); }
.icon-button:disabled { opacity: .38; }
.icon-button[aria-pressed='true'] { color: var(--hf-accent); background: var(--hf-selected); }
.live-button { display: inline-flex; align-items: center; gap: 6px; height: 26px; padding: 0 10px 0 8px; margin-right: 4px; border-radius: 6px; border: 1px solid var(--hf-line); background: var(--hf-surface); font-weight: 550; white-space: nowrap; }
.live-button:hover { border-color: var(--hf-strong); }
.live-button .icon { width: 14px; height: 14px; color: var(--hf-muted); }
.live-button[data-is='live'] i { width: 7px; height: 7px; border-radius: 50%; background: var(--hf-bad-fill); }

/* Notices */
.notice { display: flex; align-items: center; gap: 8px; padding: 6px 8px 6px 12px; border-bottom: 1px solid var(--hf-line); }
.notice p { flex: 1; }
.notice[data-tone='idle'] { color: var(--hf-muted); background: var(--hf-raised); }
.notice .text-button { color: inherit; }
.text-button { padding: 3px 8px; border-radius: 5px; font-weight: 550; color: var(--hf-accent); white-space: nowrap; }
.text-button:hover:not(:disabled) { background: var(--hf-hover); }
.text-button:disabled { color: var(--hf-faint); }
.notice .text-button:hover { background: none; text-decoration: underline; }

/* Tabs and panes */
.tabs { flex: none; display: flex; gap: 2px; padding: 0 8px; border-bottom: 1px solid var(--hf-line); background: var(--hf-surface); }
.tabs [role='tab'] { position: relative; display: flex; align-items: center; gap: 6px; height: 36px; padding: 0 10px; font-weight: 550; color: var(--hf-muted); }
.tabs [role='tab'][aria-selected='true'] { color: var(--hf-ink); }
.tabs [role='tab'][aria-selected='true']::after { content: ''; position: absolute; inset: auto 8px -1px 8px; height: 2px; border-radius: 1px; background: var(--hf-accent); }
.tabs [role='tab']:focus-visible { outline-offset: -3px; border-radius: 6px; }
.count { min-width: 18px; padding: 0 5px; border-radius: 9px; font-size: 11px; line-height: 17px; font-weight: 550; text-align: center; color: var(--hf-muted); background: var(--hf-idle-soft); }
.body { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr); }
.pane { min-width: 0; min-height: 0; display: flex; flex-direction: column; }
.pane-head { flex: none; display: flex; align-items: center; gap: 7px; min-height: 34px; padding: 0 8px 0 12px; border-bottom: 1px solid var(--hf-line); }
.pane-head h2 { font-size: 12px; font-weight: 600; }
.frame[data-size='medium'] .body { grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) 360px; }
.frame[data-size='medium'] .tabs { grid-area: 1 / 2; }
.frame[data-size='medium'] .pane { grid-area: 2 / 2; border-left: 1px solid var(--hf-line); }
.frame[data-size='medium'] .tabs { border-left: 1px solid var(--hf-line); }
.frame[data-size='medium'] .pane.timeline { grid-area: 1 / 1 / 3 / 2; border-left: 0; }
.frame[data-size='wide'] .body { grid-template-columns: minmax(0, 1fr) 350px; }
.frame[data-size='wide'][data-steps='true'] .body { grid-template-columns: minmax(0, 1fr) 330px 340px; }
.frame[data-size='wide'] .tabs { display: none; }
.frame[data-size='wide'] .pane + .pane { border-left: 1px solid var(--hf-line); }
.frame[data-size='phone'] .body { grid-template-rows: auto minmax(0, 1fr); }
.frame:not([data-size='wide']) .pane.outbox .pane-head, .frame:not([data-size='wide']) .pane.steps .pane-head h2 { position: absolute; width: 1px; height: 1px; min-height: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.frame:not([data-size='wide']) .pane.steps .pane-head .count { display: none; }
.frame:not([data-size='wide']) .pane.steps .pane-head:not(:has(.search:not([hidden]))) { min-height: 0; border: 0; }

/* Timeline */
.canvas-box { position: relative; flex: 1; min-height: 0; overflow: hidden; cursor: grab; touch-action: none; user-select: none; -webkit-user-select: none; }
.canvas-box:active { cursor: grabbing; }
.canvas-box[data-hit='true'] { cursor: pointer; }
.canvas-box:focus-visible { outline-offset: -3px; }
:host([inline]) .canvas-box { touch-action: pan-y; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 0 12px; height: 20px; color: var(--hf-muted); font-size: 11px; line-height: 20px; overflow: hidden; }
.legend span { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
.legend i { width: 14px; height: 8px; border-radius: 2px; }
.legend .is-wait { background: var(--hf-wait-fill); }
.legend .is-flight { background: var(--hf-accent-fill); }
.legend .is-saved { height: 2px; background: var(--hf-accent); }
.legend .is-done { width: 8px; border-radius: 50%; background: var(--hf-good-fill); }
.legend .is-failed { width: 8px; border-radius: 50%; background: var(--hf-bad-fill); }
.frame[data-size='phone'] .legend, .frame[data-narrow='true'] .legend { display: none; }
.tip { position: absolute; z-index: 3; left: 0; top: 0; max-width: 270px; padding: 8px 10px; border-radius: 7px; background: var(--hf-surface); box-shadow: var(--hf-pop-shadow); pointer-events: none; }
.tip h3 { display: flex; gap: 6px; align-items: baseline; font-size: 12px; font-weight: 600; overflow-wrap: anywhere; }
.tip p { color: var(--hf-muted); overflow-wrap: anywhere; }
.caption { flex: none; display: flex; align-items: center; gap: 8px; min-height: 26px; padding: 0 12px; border-top: 1px solid var(--hf-line); color: var(--hf-muted); white-space: nowrap; overflow: hidden; }
.caption ul { display: flex; gap: 12px; }
.caption li { display: flex; align-items: center; gap: 5px; }
.caption li b { font-weight: 600; color: var(--hf-ink); }
.caption i { width: 7px; height: 7px; border-radius: 50%; background: var(--hf-idle-fill); }
.caption .is-delivered i { background: var(--hf-good-fill); }
.caption .is-failed i { background: var(--hf-bad-fill); }
.caption .is-waiting i { background: var(--hf-busy-fill); }
.caption p { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; text-align: end; }

/* Player */
.player { flex: none; display: flex; align-items: center; gap: 2px; padding: 4px 8px; border-top: 1px solid var(--hf-line); background: var(--hf-raised); }
.player input[type='range'] { flex: 1; min-width: 40px; height: 24px; margin: 0 8px; accent-color: var(--hf-accent); }
.player output { min-width: 92px; text-align: end; color: var(--hf-muted); white-space: nowrap; }

/* Outbox */
.section { position: sticky; top: 0; z-index: 1; display: flex; align-items: center; gap: 7px; height: 26px; padding: 0 12px; background: var(--hf-raised); border-bottom: 1px solid var(--hf-line); font-size: 11px; font-weight: 600; color: var(--hf-muted); }
.message { border-bottom: 1px solid var(--hf-line); }
.message > button { display: grid; grid-template-columns: 16px auto minmax(0, 1fr) auto; align-items: baseline; align-content: center; gap: 0 8px; width: 100%; min-height: 30px; padding: 5px 12px; position: relative; }
.message > button > .icon { align-self: center; }
.message > button:hover { background: var(--hf-hover); }
.message > button:focus-visible { outline-offset: -2px; }
.message > button[aria-expanded='true'] { background: var(--hf-selected); }
.message .number { color: var(--hf-faint); }
.message .event { font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.message .preview { margin-left: 7px; font-weight: 400; color: var(--hf-faint); }
.message .meta { display: flex; align-items: baseline; gap: 8px; color: var(--hf-muted); white-space: nowrap; }
.message .why { grid-column: 2 / 5; display: flex; align-items: baseline; gap: 8px; color: var(--hf-muted); }
.message .why span:first-child { flex: 1; min-width: 0; }
.message .why .left { font-weight: 550; color: var(--hf-ink); white-space: nowrap; }
.message[data-state='waiting'] > button > .icon { color: var(--hf-busy); }
.message[data-state='in-flight'] > button > .icon { color: var(--hf-accent); }
.message[data-state='settled'] > button > .icon { color: var(--hf-good); }
.message[data-state='failed'] > button > .icon, .message[data-state='failed'] .code { color: var(--hf-bad); }
.message[data-state='settled'] .event { font-weight: 450; color: var(--hf-muted); }
.message .bar { position: absolute; inset: auto 0 -1px 0; height: 2px; transform-origin: 0 50%; background: var(--hf-accent-fill); opacity: .8; }
.chip { padding: 0 5px; border-radius: 4px; font-size: 11px; line-height: 16px; color: var(--hf-muted); background: var(--hf-idle-soft); }
.more { padding: 8px 12px; color: var(--hf-muted); }
.way { padding: 8px 12px 12px 36px; background: var(--hf-sunken); }
.way ol { position: relative; }
.way li { position: relative; display: grid; align-items: baseline; grid-template-columns: 64px minmax(0, 1fr) auto; gap: 0 10px; padding: 2px 0 2px 16px; }
.way li::before { content: ''; position: absolute; left: 1px; top: 7px; width: 7px; height: 7px; border-radius: 50%; background: var(--hf-strong); z-index: 1; }
.way li::after { content: ''; position: absolute; left: 4px; top: -6px; height: 14px; width: 1px; background: var(--hf-strong); }
.way li:first-child::after { display: none; }
.way li[data-what='left']::before { background: var(--hf-accent-fill); }
.way li[data-what='acked']::before, .way li[data-is='good']::before { background: var(--hf-good-fill); }
.way li[data-what='refused']::before, .way li[data-is='bad']::before { background: var(--hf-bad-fill); }
.way li .mono { color: var(--hf-faint); line-height: 17px; }
.way dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 12px; margin-top: 10px; }
.way dt, .numbers dt { color: var(--hf-faint); }
.way dd { overflow-wrap: anywhere; }
.way pre { max-height: 140px; margin-top: 8px; padding: 7px 9px; border: 1px solid var(--hf-line); border-radius: 6px; background: var(--hf-surface); font: 11px/1.45 var(--hf-mono); white-space: pre-wrap; overflow-wrap: anywhere; }

/* Steps */
.search { position: relative; flex: 1; min-width: 0; }
.search input { width: 100%; height: 26px; padding: 0 8px 0 26px; border: 1px solid var(--hf-line); border-radius: 6px; background: var(--hf-surface); }
.search input::placeholder { color: var(--hf-faint); opacity: 1; }
.search input[aria-invalid='true'] { border-color: var(--hf-bad-fill); }
.search .icon { position: absolute; left: 6px; top: 5px; color: var(--hf-faint); pointer-events: none; }
.virtual { position: relative; flex: 1; min-height: 60px; }
.virtual:focus-visible { outline-offset: -2px; }
.virtual > .inner { position: relative; width: 100%; }
.step { position: absolute; left: 0; right: 0; height: 26px; display: grid; grid-template-columns: auto 16px minmax(0, 1fr) auto; align-items: baseline; gap: 8px; padding: 0 12px; line-height: 26px; white-space: nowrap; cursor: pointer; }
.step > .icon { align-self: center; }
.step:hover { background: var(--hf-hover); }
.step[aria-selected='true'] { background: var(--hf-selected); box-shadow: inset 2px 0 var(--hf-accent); }
.step[data-agrees='false'] { background: var(--hf-bad-soft); color: var(--hf-bad); }
.step .time { color: var(--hf-faint); }
.step[data-agrees='false'] .time, .step[data-agrees='false'] .icon { color: inherit; }
.step .says { overflow: hidden; text-overflow: ellipsis; }
.step[data-kind='question'] .says, .step[data-kind='nothing'] .says { color: var(--hf-muted); }
.step .icon { color: var(--hf-faint); }
.step[data-kind='order'] .icon { color: var(--hf-accent); }
.step[data-kind='fact'] .icon { color: var(--hf-good); }
.step[data-kind='command'] .icon { color: var(--hf-busy); }
.step[data-ahead='true'] > * { opacity: .75; }
.step-detail { flex: none; max-height: 46%; padding: 9px 12px 10px; border-top: 1px solid var(--hf-line); background: var(--hf-sunken); }
.step-detail h3 { font-size: 12.5px; font-weight: 600; }
.step-detail > p { color: var(--hf-muted); }
.step-detail .problem { margin: 6px 0 0; padding: 6px 8px; border-radius: 6px; color: var(--hf-bad); background: var(--hf-bad-soft); }
.step-detail pre { margin-top: 4px; font: 11px/1.45 var(--hf-mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 6px; }
.numbers > div { display: flex; align-items: baseline; gap: 5px; }

/* Empty states and the launcher */
.empty { flex: 1; display: grid; place-content: center; justify-items: center; gap: 6px; padding: 24px; text-align: center; color: var(--hf-muted); }
.empty h2, .empty h3 { font-size: 13px; font-weight: 600; color: var(--hf-ink); }
.empty p { max-width: 46ch; }
.empty > svg { width: 32px; height: 32px; margin-bottom: 4px; fill: none; stroke: var(--hf-faint); stroke-width: 1.25; stroke-linecap: round; stroke-linejoin: round; }
.empty code { font-family: var(--hf-mono); font-size: 11px; padding: 1px 4px; border-radius: 4px; background: var(--hf-idle-soft); }
.launcher { display: inline-flex; align-items: center; gap: 8px; height: 36px; padding: 0 14px 0 11px; border-radius: 18px; background: var(--hf-surface); box-shadow: var(--hf-pop-shadow); font-weight: 600; }
.launcher > i { width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
.launcher > i[data-tone='good'] { background: var(--hf-good-fill); }
.launcher > i[data-tone='bad'] { background: var(--hf-bad-fill); }
.launcher > i[data-tone='busy'] { background: var(--hf-busy-fill); }
.launcher > i[data-tone='doubt'] { background: var(--hf-doubt-fill); }
.launcher > i[data-tone='idle'] { background: var(--hf-idle-fill); }

/* Phone: larger things to touch, and facts in a row that scrolls. */
.frame[data-size='phone'] .header { flex-wrap: wrap; gap: 0 8px; padding: 10px 8px 0 12px; }
.frame[data-size='phone'] .status { order: 9; flex: 1 1 100%; height: 38px; }
.frame[data-size='phone'] .brand span { display: none; }
.frame[data-size='phone'] .picker { flex: 1; }
.frame[data-size='phone'] .picker select { width: 100%; max-width: none; height: 32px; }
.frame[data-size='phone'] .picker .icon { top: 9px; }
.frame[data-size='phone'] .icon-button { width: 36px; height: 36px; }
.frame[data-size='phone'] .live-button { height: 32px; }
.frame[data-size='phone'] .status { margin-right: -8px; overflow-x: auto; scrollbar-width: none; }
.frame[data-size='phone'] .phase { flex: none; }
.frame[data-size='phone'] .facts { flex: none; flex-wrap: nowrap; height: 32px; }
.frame[data-size='phone'] .caption p, .frame[data-narrow='true'] .caption p { display: none; }
.frame[data-size='phone'] .facts > div { height: 32px; line-height: 32px; padding: 0 8px; }
.frame[data-size='phone'] .tabs [role='tab'] { flex: 1; justify-content: center; height: 42px; }
.frame[data-size='phone'] .message > button { min-height: 42px; padding-block: 8px; }
.frame[data-size='phone'] .step-detail { max-height: 47px; padding-block: 6px; }
.frame[data-size='phone'] .player { flex-wrap: wrap; justify-content: space-between; padding-bottom: max(6px, env(safe-area-inset-bottom)); }
.frame[data-size='phone'] .player input { order: -1; flex: 1 1 100%; }
.frame[data-size='phone'] .player output { min-width: 0; padding-right: 6px; }

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .frame { border-top: 1px solid; }
  .step[aria-selected='true'], .message > button[aria-expanded='true'] { outline: 1px solid Highlight; outline-offset: -1px; }
}
`;

/**
 * Gives a shadow root the style sheet. Constructed sheets are what a strict Content Security Policy allows; without them it
 * is a `style` element.
 * @param {ShadowRoot} root
 */
export function addStyles(root) {
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    sheet ??= new CSSStyleSheet();
    if (sheet.cssRules.length === 0) sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    return;
  }
  const style = document.createElement('style');
  style.textContent = CSS;
  /** @type {Node} */ (root).appendChild(style);
}

/** One for all elements. @type {CSSStyleSheet | undefined} */
let sheet;
