import { useSocket } from 'holdfast/react';
import { useEffect, useRef, useState } from 'react';

/**
 * How often the link became ready. What has no place in a resync of messages (counts, read marks,
 * notifications) is read again when this changes.
 */
export default function useReturns() {
  const phase = useSocket(({ phase }) => phase);
  const was = useRef(null);
  const [returns, setReturns] = useState(0);

  useEffect(() => {
    // Out of a doubt the same link comes back: nothing was missed.
    if (phase === 'ready' && was.current !== 'suspect') setReturns((n) => n + 1);
    was.current = phase;
  }, [phase]);

  return returns;
}
