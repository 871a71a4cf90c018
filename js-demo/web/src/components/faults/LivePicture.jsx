import useMediaQuery from '../../hooks/useMediaQuery.js';
import useNow from '../../hooks/useNow.js';
import { span } from '../../utils/time.js';
import Figure from './Figure.jsx';
import Timeline from './Timeline.jsx';

/** Frequent enough to look continuous. With reduced motion, only frequent enough to be up to date. */
const TICK_MS = 100;
const CALM_TICK_MS = 1000;

/** The figures and the timeline. */
export default function LivePicture({ recorder, isSeen, peer, onBurst }) {
  const isCalm = useMediaQuery('(prefers-reduced-motion: reduce)');
  const tickMs = isCalm ? CALM_TICK_MS : TICK_MS;
  const now = useNow(isSeen ? tickMs : null);
  const { samples, totals } = recorder;
  const windowMs = recorder.windowMs(now);
  const last = samples.at(-1);

  return (
    <div className="picture">
      <dl className="figures">
        <Figure
          name="Round trip"
          value={last?.rttMs == null ? '–' : span(last.rttMs)}
          samples={samples}
          field="rttMs"
          now={now}
          windowMs={windowMs}
        />
        <Figure
          name="Waiting"
          value={String(last?.waiting ?? 0)}
          samples={samples}
          field="waiting"
          now={now}
          windowMs={windowMs}
        />
        <Figure name="Delivered" value={`${totals.delivered} of ${totals.accepted}`} />
      </dl>
      <Timeline recorder={recorder} now={now} windowMs={windowMs} />
      {peer && (
        <button type="button" className="quiet burst" data-testid="burst" onClick={onBurst}>
          Send five messages to {peer.username}
        </button>
      )}
    </div>
  );
}
