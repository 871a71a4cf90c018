import { useCallback, useReducer, useRef } from 'react';
import useLoad from './useLoad.js';

/**
 * A state that is loaded by REST, and then kept by events.
 *
 * @template S
 * @param {(state: S, action: { type: string }) => S} reduce knows the action { type: 'loaded', loaded } too
 * @param {S} nothing the state before it is loaded
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
        // An answer from before a change would undo it.
        if (changes.current === before) return dispatch({ type: 'loaded', loaded });
      }
    },
    [fetch],
  );

  return [state, change, useLoad(load)];
}
