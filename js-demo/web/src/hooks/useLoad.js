import { useSocket } from 'holdfast/react';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { countResets, subscribeToResets } from '../utils/socket.js';

/**
 * Loads over REST the state that the user's feed then keeps up to date. After a load over a live connection, the feed
 * reports every change, also across reconnects. After a reset of the feed the state is loaded again. A failed load is
 * repeated at the next return.
 *
 * @param {(signal: AbortSignal) => Promise<void>} load stores what it loaded; a new function is called at once
 * @returns {{ reload: () => void, reloadAtReturn: () => void }} for local changes that the server did not accept
 */
export default function useLoad(load) {
  // A connection in doubt is still the same connection.
  const isUp = useSocket(({ phase }) => phase === 'ready' || phase === 'suspect');
  const resets = useSyncExternalStore(subscribeToResets, countResets);
  const [asked, setAsked] = useState(0);
  /** The inputs of the last complete load; null if a load is due. */
  const done = useRef(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a call of reload has to run it again
  useEffect(() => {
    if (done.current?.load === load && done.current.resets === resets) return undefined;
    const left = new AbortController();
    load(left.signal).then(
      () => {
        // Before the first connection, nothing reports changes.
        if (isUp && !left.signal.aborted) done.current = { load, resets };
      },
      // The next return loads again.
      () => {},
    );
    return () => left.abort();
  }, [isUp, resets, load, asked]);

  const reloadAtReturn = useCallback(() => {
    done.current = null;
  }, []);
  const reload = useCallback(() => {
    done.current = null;
    setAsked((n) => n + 1);
  }, []);
  return { reload, reloadAtReturn };
}
