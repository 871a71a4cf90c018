import { useEffect, useSyncExternalStore } from 'react';
import {
  currentSession,
  getFreshToken,
  renewalTime,
  subscribeToSession,
} from '../utils/session.js';

/** The user who is logged in. While this is mounted, the token is renewed before it expires. */
export default function useSession() {
  const session = useSyncExternalStore(subscribeToSession, currentSession);

  useEffect(() => {
    if (!session.user) return undefined;
    let timer;
    const watch = () => {
      timer = setTimeout(renew, Math.max(1000, renewalTime() - Date.now()));
    };
    // While the server is unreachable it is tried again. A request that needs a token tries as well.
    const renew = () =>
      getFreshToken()
        .catch(() => {})
        .then(() => renewalTime() && watch());
    watch();
    return () => clearTimeout(timer);
  }, [session]);

  return session;
}
