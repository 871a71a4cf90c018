import { useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
};

/** Whether the page is visible. */
export default function useVisible() {
  return useSyncExternalStore(subscribe, () => document.visibilityState === 'visible');
}
