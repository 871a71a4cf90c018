import { useCallback, useEffect, useRef, useState } from 'react';
import { getMessages, PAGE } from '../utils/api.js';

/**
 * Fetches the newest page of a conversation, now and after every return of the link, and older pages
 * on request.
 *
 * @param {string} peerId
 * @param {number} returns see `useReturns`
 * @param {(fetched: object) => void} onFetched
 */
export default function usePages(peerId, returns, onFetched) {
  const [error, setError] = useState(null);
  const [isLoadingOlder, setIsLoadingOlder] = useState(false);
  const isBusy = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a return is what it is fetched again for
  useEffect(() => {
    const left = new AbortController();
    getMessages(peerId, { signal: left.signal }).then(
      (messages) => {
        setError(null);
        onFetched({ peerId, messages, isFirst: true, isLast: messages.length < PAGE });
      },
      (failure) => {
        if (!left.signal.aborted) setError(failure.message);
      },
    );
    return () => left.abort();
  }, [peerId, returns, onFetched]);

  const loadOlder = useCallback(
    async (before) => {
      if (isBusy.current) return;
      isBusy.current = true;
      setIsLoadingOlder(true);
      try {
        const messages = await getMessages(peerId, { before });
        onFetched({ peerId, messages, isFirst: false, isLast: messages.length < PAGE });
        setError(null);
      } catch (failure) {
        setError(failure.message);
      } finally {
        isBusy.current = false;
        setIsLoadingOlder(false);
      }
    },
    [peerId, onFetched],
  );

  return { error, isLoadingOlder, loadOlder };
}
