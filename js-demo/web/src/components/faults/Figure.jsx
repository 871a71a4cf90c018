const WIDTH = 100;
const HEIGHT = 24;

/**
 * A number with a graph of its recent values.
 * @param {{ name: string, value: string, samples?: readonly object[], field?: string, now?: number, windowMs?: number }} props
 */
export default function Figure({ name, value, samples, field, now, windowMs }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd data-testid={`figure-${name.toLowerCase().replace(' ', '-')}`}>{value}</dd>
      {samples && (
        <dd aria-hidden="true">
          {/* biome-ignore lint/a11y/noSvgWithoutTitle: the number above says it */}
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="spark">
            <path d={stepsOf(samples, field, now, windowMs)} vectorEffect="non-scaling-stroke" />
          </svg>
        </dd>
      )}
    </div>
  );
}

/** A step graph from the first value to now: each value holds until the next one. */
function stepsOf(samples, field, now, windowMs) {
  const known = samples.filter((sample) => sample[field] !== null);
  const most = Math.max(1, ...known.map((sample) => sample[field]));
  const x = (at) => Math.max(0, WIDTH * (1 - (now - at) / windowMs)).toFixed(1);
  const y = (value) => (HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1);
  if (known.length === 0) return '';
  const steps = known.map((sample) => `H${x(sample.at)}V${y(sample[field])}`);
  return `M${x(known[0].at)} ${y(known[0][field])}${steps.join('')}H${WIDTH}`;
}
