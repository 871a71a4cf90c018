// The shapes of the timeline. Each takes marks, and a scale from time to pixels.

export const ROW = 24;
const GRID_MS = 5000;
const BAR = 8;
/** The smallest distance between the beginning and the end of a message in the picture. */
const SHORTEST = 3;

/** Each mark with its end: the next mark, or now. */
const spansOf = (marks, now) =>
  marks.map(({ state, at }, n) => ({ state, from: at, to: marks[n + 1]?.at ?? now }));

export function Grid({ scale, height }) {
  const lines = [];
  for (let ago = GRID_MS; ago < scale.windowMs; ago += GRID_MS) {
    const x = scale.x(scale.now - ago);
    lines.push(<line key={ago} x1={x} x2={x} y1={0} y2={height} />);
  }
  return <g className="grid">{lines}</g>;
}

/** A bar while the client is connected, and a broken line while it is not. */
export function LinkLane({ marks, scale }) {
  const y = ROW / 2;
  return spansOf(marks, scale.now).map(({ state, from, to }) => {
    if (state !== 'down') {
      return <Bar key={from} kind={`link ${state}`} from={from} to={to} y={y} scale={scale} />;
    }
    const x1 = Math.max(0, scale.x(from));
    return <line key={from} className="link-down" x1={x1} x2={scale.x(to)} y1={y} y2={y} />;
  });
}

export function Losses({ at, scale, height }) {
  return at
    .filter((moment) => scale.x(moment) >= 0)
    .map((moment) => (
      <g key={moment} className="loss" transform={`translate(${scale.x(moment)} ${ROW / 2})`}>
        <line y2={height - ROW / 2} />
        <circle r={4} />
      </g>
    ));
}

/** One message: a bar for each state that lasts, and a symbol at the end. */
export function Bars({ marks, top, scale }) {
  const y = top + ROW / 2;
  return (
    <g>
      {spansOf(marks, scale.now).map(({ state, from, to }, n) => {
        // A message that failed and was sent again has the same states twice.
        const key = `${state}${n}`;
        if (state === 'sent' || state === 'failed') {
          return <End key={key} state={state} at={from} y={y} scale={scale} />;
        }
        return <Bar key={key} kind={state} from={from} to={to} y={y} scale={scale} />;
      })}
    </g>
  );
}

function Bar({ kind, from, to, y, scale }) {
  const left = Math.max(0, scale.x(from));
  const width = Math.max(SHORTEST, scale.x(to) - left);
  if (scale.x(to) < 0) return null;
  return (
    <rect
      className={`bar ${kind}`}
      x={left}
      y={y - BAR / 2}
      width={width}
      height={BAR}
      rx={BAR / 2}
    />
  );
}

function End({ state, at, y, scale }) {
  const x = scale.x(at);
  if (x < 0) return null;
  const sign = state === 'sent' ? 'M-2.6 .2l1.8 1.8 3.4-3.8' : 'M-2.2-2.2l4.4 4.4M2.2-2.2l-4.4 4.4';
  return (
    <g className={`end ${state}`} transform={`translate(${Math.min(x, scale.width - 7)} ${y})`}>
      <circle r={7} />
      <path d={sign} />
    </g>
  );
}
