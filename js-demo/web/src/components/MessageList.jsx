import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { dayName, dayOf } from '../utils/time.js';
import Icon from './Icon.jsx';
import MessageRow from './MessageRow.jsx';

/** Whoever is this close to an edge wants to see what is beyond. */
const NEAR_PX = 80;
/** Messages of one person within this time belong together. */
const TOGETHER_MS = 3 * 60_000;

export default function MessageList(props) {
  const { rows, peer, hasOlder, isLoadingOlder, isTyping, onOlder, onRetry, onRemove } = props;
  const list = useRef(null);
  const lastTop = useRef(0);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const oldest = rows.find(({ seq }) => seq !== null)?.seq ?? null;

  useScrollAnchor(list, isAtEnd, oldest);

  const loadOlder = () => hasOlder && oldest !== null && onOlder(oldest);

  function onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) setIsAtEnd(true);
    // Only who scrolls up leaves the end; a list that has grown by now does not.
    else if (scrollTop < lastTop.current) setIsAtEnd(false);
    lastTop.current = scrollTop;
    // At the top for lack of messages is no wish to see more.
    if (scrollTop < NEAR_PX && scrollHeight > clientHeight + NEAR_PX) loadOlder();
  }

  function toEnd() {
    list.current.scrollTop = list.current.scrollHeight;
    list.current.focus();
  }

  return (
    <div className="messages-frame">
      <section
        className="messages"
        aria-label="Messages"
        aria-busy={isLoadingOlder}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        ref={list}
        onScroll={onScroll}
      >
        <div>
          {hasOlder && (
            <button
              type="button"
              className="quiet older"
              disabled={isLoadingOlder}
              onClick={loadOlder}
            >
              {isLoadingOlder ? 'Loading…' : 'Show earlier messages'}
            </button>
          )}
          {rows.length === 0 && hasOlder === false && (
            <p className="hint">No messages yet. Say hello to {peer.username}.</p>
          )}
          <ol>
            {rows.map((row, n) => {
              const before = rows[n - 1];
              const day = dayOf(row.createdAt);
              const isNewDay = !before || dayOf(before.createdAt) !== day;
              return (
                <Fragment key={row.key}>
                  {isNewDay && (
                    <li className="day" data-testid="day">
                      <span>{dayName(day)}</span>
                    </li>
                  )}
                  <MessageRow
                    row={row}
                    author={row.isMine ? 'You' : peer.username}
                    isFollowing={!isNewDay && belongTogether(before, row)}
                    isFollowed={isSaidBelow(row, rows[n + 1])}
                    onRetry={onRetry}
                    onRemove={onRemove}
                  />
                </Fragment>
              );
            })}
          </ol>
          {isTyping && (
            <p className="typing" aria-hidden="true" data-testid="typing">
              <span />
              <span />
              <span />
            </p>
          )}
        </div>
      </section>
      {!isAtEnd && (
        <button type="button" className="quiet to-end" onClick={toEnd}>
          <Icon name="down" />
          Newest
        </button>
      )}
    </div>
  );
}

const belongTogether = (a, b) =>
  a.isMine === b.isMine && Date.parse(b.createdAt) - Date.parse(a.createdAt) < TOGETHER_MS;

/** Whether what is known of a message stands below the next one too. */
const isSaidBelow = (row, next) =>
  next !== undefined &&
  row.state === next.state &&
  row.state !== 'failed' &&
  belongTogether(row, next) &&
  dayOf(row.createdAt) === dayOf(next.createdAt);

/** Who is at the end stays there; who looks at old messages keeps them where they are. */
function useScrollAnchor(list, isAtEnd, oldest) {
  const was = useRef({ oldest: null, height: 0 }).current;
  const stays = useRef(isAtEnd);

  useEffect(() => {
    stays.current = isAtEnd;
  }, [isAtEnd]);

  // Whatever grows, in the list (a message, the reason of a failure) or beside it.
  useLayoutEffect(() => {
    const element = list.current;
    const observer = new ResizeObserver(() => {
      was.height = element.scrollHeight;
      if (stays.current) element.scrollTop = was.height;
    });
    for (const part of [element, element.firstElementChild]) observer.observe(part);
    return () => observer.disconnect();
  }, [list, was]);

  useLayoutEffect(() => {
    const { scrollHeight } = list.current;
    const isOlder = was.oldest !== null && oldest < was.oldest;
    if (isOlder && !stays.current) list.current.scrollTop += scrollHeight - was.height;
    was.oldest = oldest;
    was.height = scrollHeight;
  }, [list, was, oldest]);
}
