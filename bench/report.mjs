// The results as Markdown, for docs/ and for the terminal.

/** The names of the contenders in the tables and the chart. */
export const TITLES = {
  raw: 'socket.io, emit with ack',
  emitWithAck: 'socket.io, timeout().emitWithAck',
  retries: 'socket.io, retries',
  plain: 'a plain-JS queue',
  memory: 'Holdfast, in memory',
  durable: 'Holdfast, on disk',
};

const ADDED = { bare: 'the fake socket alone', plain: TITLES.plain, holdfast: TITLES.memory };

/** @param {import('./measures.mjs').Measure[]} measures */
export const measureTable = (measures) =>
  table(
    ['measure', 'must reach', 'aim', 'found', 'quartiles', ''],
    measures.map(({ name, found, quartiles, limit, aim, isMost, isMet }) => {
      const sign = isMost ? '<=' : '>=';
      const range = quartiles ? quartiles.map(short).join(' to ') : '';
      const bounds = [`${sign} ${short(limit)}`, short(aim)];
      return [name, ...bounds, short(found), range, isMet ? 'reached' : 'MISSED'];
    }),
  );

/** @param {import('./main.mjs').Results} results */
export function detailTables({ network, micro, growth, idle, startup }) {
  const parts = [];
  const part = (title, note, ...rest) =>
    parts.push(`## ${title}`, '', note, '', table(...rest), '');
  for (const [name, link] of Object.entries(network ?? {})) {
    const isBurst = link.way === 'burst';
    part(
      name === 'loopback' ? 'Loopback' : `Through a ${name.replace(',', ' with a round trip of')}`,
      isBurst
        ? 'All messages are sent at once on a ready link. The time runs from the first send to the last acknowledgement.'
        : 'All messages are sent before the link is up. The time runs from the moment when the first one may leave.',
      [
        'contender',
        'messages',
        'microseconds each',
        'quartiles',
        'relative to raw',
        'with connecting',
      ],
      Object.entries(link.contenders).map(([key, { messages, microseconds, withConnecting }]) => [
        TITLES[key],
        String(messages),
        short(microseconds.median),
        range(microseconds),
        key === 'raw' ? '1' : short(link.ratios[`${key}/raw`].median),
        isBurst ? '' : short(withConnecting.median),
      ]),
    );
  }
  if (micro) {
    part(
      'With a fake socket',
      'Microseconds and allocated bytes for one message, from the send to its callback: in a burst of 10,000, and one by one. The fake socket acknowledges at once, in the same page.',
      ['contender', 'in a burst', 'quartiles', 'one by one', 'quartiles', 'bytes'],
      Object.entries(ADDED).map(([key, title]) => {
        const [burst, singly] = [micro.burst, micro.singly].map((way) => way.microseconds[key]);
        const bytes = short(micro.allocated.bytes[key].median);
        const times = [short(burst.median), range(burst), short(singly.median), range(singly)];
        return [title, ...times, bytes];
      }),
    );
    parts.push(
      `Allocated beyond the fake socket: ${short(micro.allocated.ratio.median)} times the plain-JS queue.`,
      '',
    );
  }
  if (growth) {
    part(
      'Queued offline',
      "The least time of the runs. Memory is the heap after a garbage collection, plus the engine's memory.",
      ['contender', 'ms, 10,000', 'ms, 100,000', 'ratio', 'MB, 10,000', 'MB, 100,000', 'ratio'],
      ['plain', 'holdfast'].map((key) => {
        const { ms, bytes, timeRatio, memoryRatio } = growth[key];
        const times = [...ms.map(short), short(timeRatio)];
        const sizes = [...bytes.map((size) => short(size / 1e6)), short(memoryRatio)];
        return [ADDED[key], ...times, ...sizes];
      }),
    );
  }
  if (idle) parts.push(`Idle for ${idle.minutes} minutes: ${idle.pings} pings.`, '');
  if (startup) {
    const steps = {
      client: 'importing socket.io-client',
      clientCall: 'its own first call, `io(...)`',
      import: 'importing Holdfast beside it',
      call: "Holdfast's first call, with socket.io-client's in it",
    };
    part(
      'Import and first call',
      'In a fresh page each time, with the files already loaded: the time to compile and run them.',
      ['what', 'ms', 'quartiles'],
      Object.entries(steps).map(([key, title]) => {
        const ms = startup.ms[key];
        return [title, short(ms.median), range(ms)];
      }),
    );
  }
  return parts.join('\n');
}

/** @param {string} notes about the run */
export const markdown = (notes, measures, results) =>
  [
    '# Speed and size',
    '',
    'Made by `cargo xtask bench`. The contenders take turns within each round, in an order that rotates. A ratio is the median of the pairs of a round, with its quartiles.',
    notes,
    '',
    '![Time and throughput of the contenders](bench.svg)',
    '',
    measureTable(measures),
    '',
    "socket.io's `retries` sends one message at a time. So it gets fewer messages, and its time is scaled per message.",
    '',
    detailTables(results),
  ].join('\n');

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const dashes = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(dashes), ...rows.map(line)].join('\n');
}

const range = ({ low, high }) => `${short(low)} to ${short(high)}`;

/** Three digits: the spread makes more of them meaningless. */
function short(number) {
  const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return Number(number.toFixed(digits)).toLocaleString('en');
}
