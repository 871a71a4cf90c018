import { useEffect, useRef } from 'react';

/** Calls `tell` once for each failure of a message. */
export default function useFailures(sending, tell) {
  const failed = useRef(new Set()).current;

  useEffect(() => {
    for (const { id, status, data, error } of sending) {
      if (status !== 'failed') failed.delete(id);
      else if (!failed.has(id)) {
        failed.add(id);
        tell(`“${data.content.slice(0, 40)}” was not sent: ${error.message}`);
      }
    }
  }, [sending, failed, tell]);
}
