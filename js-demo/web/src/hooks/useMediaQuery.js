import { useCallback, useSyncExternalStore } from 'react';

/** @param {string} query */
export default function useMediaQuery(query) {
  const subscribe = useCallback(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
