import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { dayName, dayOf } from '../utils/time.js';
import Icon from './Icon.jsx';
import MessageRow from './MessageRow.jsx';

/** Within this distance of an edge, the user is taken to be at the edge. */
const NEAR_PX = 80;
/** Messages of one user within this time form a group. */
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
    // Only scrolling up leaves the end. Growth of the list does not.
    else if (scrollTop < lastTop.current) setIsAtEnd(false);
    lastTop.current = scrollTop;
    // In a list too short to scroll, being at the top does not request older messages.
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
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area has to be reachable by keyboard
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

/** Whether the time and state below the next message also hold for this one. */
const isSaidBelow = (row, next) =>
  next !== undefined &&
  row.state === next.state &&
  row.state !== 'failed' &&
  belongTogether(row, next) &&
  dayOf(row.createdAt) === dayOf(next.createdAt);

/** Keeps the scroll position: at the end if the user is at the end, otherwise on the messages that the user reads. */
function useScrollAnchor(list, isAtEnd, oldest) {
  const was = useRef({ oldest: null, height: 0 }).current;
  const stays = useRef(isAtEnd);

  useEffect(() => {
    stays.current = isAtEnd;
  }, [isAtEnd]);

  // Observe everything that changes the height: messages, reasons of failures, and elements beside the list.
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
