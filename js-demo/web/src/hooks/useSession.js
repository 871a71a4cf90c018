import { useEffect, useSyncExternalStore } from 'react';
import {
  currentSession,
  getFreshToken,
  renewalTime,
  subscribeToSession,
} from '../utils/session.js';

/** Who is logged in. As long as this is mounted their token is renewed before it expires. */
export default function useSession() {
  const session = useSyncExternalStore(subscribeToSession, currentSession);

  useEffect(() => {
    if (!session.user) return undefined;
    let timer;
    const watch = () => {
      timer = setTimeout(renew, Math.max(1000, renewalTime() - Date.now()));
    };
    // While the server is away it is tried again; whoever needs a token meanwhile tries too.
    const renew = () =>
      getFreshToken()
        .catch(() => {})
        .then(() => renewalTime() && watch());
    watch();
    return () => clearTimeout(timer);
  }, [session]);

  return session;
}
