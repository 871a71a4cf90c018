import { useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
};

/** Whether this device has a network at all, as far as the browser knows. */
export default function useOnline() {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}
