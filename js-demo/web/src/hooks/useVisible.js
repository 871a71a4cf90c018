import { useSyncExternalStore } from 'react';

const subscribe = (listener) => {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
};

/** Whether somebody can see the page. */
export default function useVisible() {
  return useSyncExternalStore(subscribe, () => document.visibilityState === 'visible');
}
