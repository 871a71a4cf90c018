import { useSocket } from 'holdfast/react';
import useNow from '../hooks/useNow.js';
import useOnline from '../hooks/useOnline.js';
import { count, span } from '../utils/time.js';

const TEXTS = {
  healthy: 'Connected',
  doubtful: 'Connected, but the server does not answer',
  joining: 'Joining',
  connecting: 'Connecting',
  reconnecting: 'Reconnecting',
  offline: 'You are offline',
};

/** Shows the state of the connection, the time of the next attempt, and the number of waiting messages. */
export default function ConnectionBanner({ waiting }) {
  const view = useSocket(({ phase, nextAttemptAt, connectionHealth, reconnect }) => ({
    phase,
    nextAttemptAt,
    reconnect,
    rttMs: connectionHealth.rttMs,
  }));
  const isOnline = useOnline();
  const state = stateOf(view.phase, isOnline);
  const isWaiting = waiting > 0 && state !== 'healthy';
  const isCounting = state === 'reconnecting' && view.nextAttemptAt !== null;
  const now = useNow(isCounting ? 250 : null);
  const seconds = isCounting ? Math.max(0, Math.ceil((view.nextAttemptAt - now) / 1000)) : 0;

  return (
    <div className="banner" data-testid="connection-banner" data-state={state} data-queue={waiting}>
      <span className="banner-dot" aria-hidden="true" />
      <span role="status">
        {TEXTS[state]}
        {isWaiting && <span className="sr-only">, {count(waiting, 'message')} waiting</span>}
      </span>
      {/* Not announced: a count every second would be all that is heard. */}
      {seconds > 0 && (
        <span className="banner-more" data-testid="countdown">
          in {seconds} s
        </span>
      )}
      {isWaiting && (
        <span className="banner-more" aria-hidden="true">
          {waiting} waiting
        </span>
      )}
      {state === 'healthy' && view.rttMs !== null && (
        <span className="banner-more">{span(view.rttMs)} round trip</span>
      )}
      {isCounting && (
        <button type="button" className="plain" onClick={view.reconnect}>
          Try now
        </button>
      )}
    </div>
  );
}

function stateOf(phase, isOnline) {
  if (phase === 'ready') return 'healthy';
  if (phase === 'suspect') return 'doubtful';
  if (!isOnline) return 'offline';
  if (phase === 'joining') return 'joining';
  return phase === 'waiting' ? 'reconnecting' : 'connecting';
}
