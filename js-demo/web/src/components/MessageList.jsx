import { useLayoutEffect, useRef } from 'react';
import MessageRow from './MessageRow.jsx';

/** Whoever is this close to the end wants to see what is new. */
const NEAR_PX = 120;

export default function MessageList({ rows, isReady, onRetry }) {
  const list = useRef(null);
  const isAtEnd = useRef(true);

  function onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the rows
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [rows]);

  return (
    <div className="messages" role="log" aria-label="Messages" ref={list} onScroll={onScroll}>
      {rows.length === 0 && <p className="hint">No messages yet.</p>}
      <ol>
        {rows.map((row) => (
          <MessageRow
            key={row.isMine && row.tempId ? row.tempId : row.id}
            row={row}
            state={shownState(row.state, isReady)}
            onRetry={onRetry}
          />
        ))}
      </ol>
    </div>
  );
}

/** A message without an answer yet is on its way while there is a connection, and waits while there is none. */
function shownState(state, isReady) {
  const pending = isReady ? 'sending' : 'waiting';
  return state === 'pending' ? pending : state;
}
