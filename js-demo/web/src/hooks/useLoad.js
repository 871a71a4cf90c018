import { useSocket } from 'holdfast/react';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { countResets, subscribeToResets } from '../utils/socket.js';

/**
 * Loads by REST what the user's feed goes on from. Once it was loaded over a link that is up, the feed tells of every
 * change, whatever becomes of the link; after a reset of the feed it is loaded anew. A load that failed is made again
 * at the next return.
 *
 * @param {(signal: AbortSignal) => Promise<void>} load keeps what it loaded by itself; a new function is called at once
 * @returns {{ reload: () => void, reloadAtReturn: () => void }} for what was changed here and not taken by the server
 */
export default function useLoad(load) {
  // A link in doubt is still the same link.
  const isUp = useSocket(({ phase }) => phase === 'ready' || phase === 'suspect');
  const resets = useSyncExternalStore(subscribeToResets, countResets);
  const [asked, setAsked] = useState(0);
  /** What the last whole load was for; null where one is due. */
  const done = useRef(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: who asks for it gets it
  useEffect(() => {
    if (done.current?.load === load && done.current.resets === resets) return undefined;
    const left = new AbortController();
    load(left.signal).then(
      () => {
        // Before the link is up for the first time nothing tells of changes.
        if (isUp && !left.signal.aborted) done.current = { load, resets };
      },
      // The next return tries again.
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
