import { useCallback, useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

/** The id of the open conversation, kept in the address: a reload and the way back lead to it. */
const read = () => decodeURIComponent(location.hash.slice(1)) || null;

/** @returns {[string | null, (id: string | null) => void]} */
export default function useRoute() {
  const peerId = useSyncExternalStore(subscribe, read);
  const open = useCallback((id) => {
    location.hash = id ? encodeURIComponent(id) : '';
  }, []);
  return [peerId, open];
}
