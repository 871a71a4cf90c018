import { useCallback, useRef, useState } from 'react';
import { getMessages, PAGE } from '../utils/api.js';
import useLoad from './useLoad.js';

/**
 * Loads the newest page of a conversation, which the feed then updates, and older pages on request.
 *
 * @param {string} peerId
 * @param {(fetched: object) => void} onFetched
 */
export default function usePages(peerId, onFetched) {
  const [error, setError] = useState(null);
  const [isLoadingOlder, setIsLoadingOlder] = useState(false);
  const isBusy = useRef(false);

  const loadNewest = useCallback(
    async (signal) => {
      try {
        const messages = await getMessages(peerId, { signal });
        setError(null);
        onFetched({ peerId, messages, isFirst: true, isLast: messages.length < PAGE });
      } catch (failure) {
        if (!signal.aborted) setError(failure.message);
        throw failure;
      }
    },
    [peerId, onFetched],
  );
  useLoad(loadNewest);

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
