import { useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
};

/** Whether the browser reports a network connection. */
export default function useOnline() {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}
