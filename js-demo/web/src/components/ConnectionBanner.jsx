const TEXTS = {
  ready: 'Connected',
  joining: 'Connecting…',
  reconnecting: 'No connection, trying again…',
};

/** Whether messages leave at once, and how many wait to. */
export default function ConnectionBanner({ phase, queueLength }) {
  return (
    <p
      className="banner"
      role="status"
      data-testid="connection-banner"
      data-state={phase}
      data-queue={queueLength}
    >
      <span className="banner-dot" aria-hidden="true" />
      {TEXTS[phase]}
      {queueLength > 0 &&
        ` ${queueLength} ${queueLength === 1 ? 'message' : 'messages'} waiting to be sent`}
    </p>
  );
}
