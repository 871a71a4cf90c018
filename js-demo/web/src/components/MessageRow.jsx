import { memo } from 'react';

const STATES = { waiting: 'waiting', sending: 'sending…', sent: 'sent', failed: 'not sent' };
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** One message; its text is shown as text. */
function MessageRow({ row, state, onRetry }) {
  return (
    <li
      className={row.isMine ? 'message mine' : 'message'}
      data-testid="message-row"
      data-state={state}
      data-temp-id={row.tempId}
      data-id={row.id}
    >
      <p className="bubble" data-testid="message-text">
        {row.content}
      </p>
      <p className="meta">
        <time dateTime={row.createdAt}>{time.format(new Date(row.createdAt))}</time>
        {row.isMine && <span data-testid="message-state">{STATES[state]}</span>}
        {state === 'failed' && (
          <>
            <span className="reason">
              {row.reason}
              {row.maybeDelivered && ' (it may have arrived)'}
            </span>
            <button
              type="button"
              className="plain"
              data-testid="retry-button"
              onClick={() => onRetry(row)}
            >
              Try again
            </button>
          </>
        )}
      </p>
    </li>
  );
}

export default memo(MessageRow);
