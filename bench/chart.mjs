// The README's chart: two rows of bars, as an SVG that is readable in light and dark mode.

import { TITLES } from './report.mjs';

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 90;
const BAR = 16;
const STEP = 26;
const FAR = 'proxy, 50 ms';

/** @param {NonNullable<import('./main.mjs').Results['network']>} network */
export function chartOf(network) {
  const far = network[FAR].contenders;
  const near = network.loopback.contenders;
  const names = Object.keys(TITLES);
  const queued = names.map((name) => far[name].microseconds.median);
  const rates = names.map((name) => 1e6 / near[name].microseconds.median);
  const high = STEP * names.length;
  const panels = [
    panel({
      top: 0,
      title: '1,000 messages queued over a round trip of 50 ms: until the last is acknowledged',
      note: 'logarithmic; shorter is better; of retries fewer were sent, and their time is scaled',
      ticks: [10, 100, 1_000, 10_000, 100_000],
      place: (ms) => Math.log10(ms / 10) / 4,
      unit: spanText,
      values: queued,
      names,
    }),
    panel({
      top: high + 80,
      title: '10,000 messages at once on loopback: acknowledged in a second',
      note: 'longer is better',
      ticks: ticksTo(Math.max(...rates)),
      place: (rate) => rate / ticksTo(Math.max(...rates)).at(-1),
      unit: (rate) => Math.round(rate).toLocaleString('en'),
      values: rates,
      names,
    }),
  ];
  const height = 2 * high + 150;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time and throughput of Holdfast and of socket.io">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .note, .tick { font-size: 11px; fill: #59636e; }
  .tick { text-anchor: middle; }
  .name { text-anchor: end; }
  .grid { stroke: #d1d9e0; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note, .tick { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .bar { fill: #656c76; }
    .ours { fill: #4493f8; }
  }
</style>
${panels.join('\n')}
</svg>
`;
}

function panel({ top, title, note, ticks, place, unit, values, names }) {
  const x = (value) => LEFT + (WIDTH - LEFT - RIGHT) * Math.max(0, place(value));
  const first = top + 44;
  const bottom = first + STEP * names.length;
  const lines = [
    `<text class="title" x="8" y="${top + 18}">${title}</text>`,
    `<text class="note" x="8" y="${top + 34}">${note}</text>`,
  ];
  for (const tick of ticks) {
    lines.push(
      `<line class="grid" x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${first}" y2="${bottom}"/>`,
      `<text class="tick" x="${round(x(tick))}" y="${bottom + 14}">${unit(tick)}</text>`,
    );
  }
  for (const [index, name] of names.entries()) {
    const y = first + STEP * index + (STEP - BAR) / 2;
    const end = round(x(values[index]));
    const kind = TITLES[name].startsWith('Holdfast') ? 'bar ours' : 'bar';
    lines.push(
      `<text class="name" x="${LEFT - 8}" y="${y + 12}">${TITLES[name]}</text>`,
      `<rect class="${kind}" x="${LEFT}" y="${y}" width="${round(end - LEFT)}" height="${BAR}"/>`,
      `<text x="${end + 6}" y="${y + 12}">${unit(values[index])}</text>`,
    );
  }
  return lines.join('\n');
}

const round = (number) => Math.round(number * 10) / 10;

const spanText = (ms) =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toPrecision(3))} s`;

/** At most five marks, at round numbers, up to beyond the largest value. */
function ticksTo(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each * 4 >= most);
  return [0, 1, 2, 3, 4].map((index) => index * step);
}
