import { useCallback, useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

/** The id of the open conversation. It is part of the URL, so that reload and back work. */
const read = () => decodeURIComponent(location.hash.slice(1)) || null;

/** @returns {[string | null, (id: string | null) => void]} */
export default function useRoute() {
  const peerId = useSyncExternalStore(subscribe, read);
  const open = useCallback((id) => {
    location.hash = id ? encodeURIComponent(id) : '';
  }, []);
  return [peerId, open];
}
