import { clockTime, count } from '../utils/time.js';
import Icon from './Icon.jsx';

const ICONS = {
  queued: 'clock',
  sending: 'up',
  sent: 'check',
  read: 'checks',
  failed: 'alert',
};

const WAITS = {
  link: 'waiting for the connection',
  turn: 'waiting for its turn',
  delay: 'will be tried again',
  answer: 'sending…',
};

/** One message. Its text is rendered as text, never as HTML. */
export default function MessageRow({ row, author, isFollowing, isFollowed, onRetry, onRemove }) {
  const { key, isMine, state, error } = row;
  const classes = [
    'message',
    isMine && 'mine',
    isFollowing && 'following',
    isFollowed && 'followed',
  ].filter(Boolean);
  return (
    <li
      className={classes.join(' ')}
      data-testid="message-row"
      data-state={state}
      data-key={key}
      data-seq={row.seq}
    >
      <p className="bubble">
        <span className="sr-only">{author}: </span>
        <span data-testid="message-text">{row.content}</span>
      </p>
      <p className="meta">
        <time dateTime={row.createdAt}>{clockTime(row.createdAt)}</time>
        {isMine && (
          <span className="message-state" data-testid="message-state">
            <Icon name={ICONS[state]} />
            {textOf(row)}
          </span>
        )}
      </p>
      {error && (
        <div className="failure">
          <p data-testid="reason">
            {error.message} <code>{error.code}</code>
            {error.maybeDelivered && ' It may have arrived: it left, and nobody answered.'}
          </p>
          <button type="button" className="quiet" onClick={() => onRetry(key)}>
            Try again
          </button>
          <button type="button" className="quiet" onClick={() => onRemove(key)}>
            Remove
          </button>
        </div>
      )}
    </li>
  );
}

function textOf({ state, wait }) {
  if (state === 'queued' || state === 'sending') {
    const text = WAITS[wait?.waitsFor] ?? WAITS.link;
    return wait?.attempts > 1 ? `${text}, left ${count(wait.attempts, 'time')}` : text;
  }
  return state === 'failed' ? 'not sent' : state;
}
