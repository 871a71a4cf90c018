import { useEffect, useState } from 'react';

/** The current time in ms since the epoch, updated every `everyMs`. It does not change while `everyMs` is null. */
export default function useNow(everyMs) {
  const [now, setNow] = useState(Date.now);

  useEffect(() => {
    if (everyMs === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  return now;
}
