import { useCallback, useReducer, useRef } from 'react';
import useLoad from './useLoad.js';

/**
 * A state that is loaded over REST and then updated by events.
 *
 * @template S
 * @param {(state: S, action: { type: string }) => S} reduce also handles the action { type: 'loaded', loaded }
 * @param {S} nothing the state before the load
 * @param {(signal: AbortSignal) => Promise<unknown>} fetch
 * @returns {[state: S, change: (action: { type: string }) => void, again: ReturnType<typeof useLoad>]}
 */
export default function useLoaded(reduce, nothing, fetch) {
  const [state, dispatch] = useReducer(reduce, nothing);
  const changes = useRef(0);

  const change = useCallback((action) => {
    changes.current += 1;
    dispatch(action);
  }, []);

  const load = useCallback(
    async (signal) => {
      for (;;) {
        const before = changes.current;
        const loaded = await fetch(signal);
        // An answer that the server made before a change would undo the change.
        if (changes.current === before) return dispatch({ type: 'loaded', loaded });
      }
    },
    [fetch],
  );

  return [state, change, useLoad(load)];
}
