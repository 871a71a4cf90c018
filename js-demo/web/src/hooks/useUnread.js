import { useSocketEvent } from 'holdfast/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { getUnreadCounts, markConversationRead } from '../utils/api.js';
import useVisible from './useVisible.js';

/**
 * How many unread messages there are from whom. The server counts: it is asked again whenever that may
 * have changed, so that devices agree and a missed event does no harm. What is on the screen is read.
 *
 * @param {string} me
 * @param {string | null} openId whose conversation is open
 * @param {number} returns see `useReturns`
 */
export default function useUnread(me, openId, returns) {
  const [counts, setCounts] = useState({});
  const isVisible = useVisible();
  const asking = useRef(null);

  /** Asks once for all who want it meanwhile, and once more if somebody wanted it after that had left. */
  const refresh = useCallback(() => {
    if (asking.current) {
      asking.current.again = true;
      return;
    }
    const request = { again: false };
    asking.current = request;
    getUnreadCounts()
      // While the server is away the old counts stay; a return asks again.
      .then(setCounts, () => {})
      .then(() => {
        asking.current = null;
        if (request.again) refresh();
      });
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a return is a reason to ask
  useEffect(refresh, [refresh, returns]);
  useSocketEvent('message:new', refresh);
  useSocketEvent('message:read', ({ by }) => by === me && refresh());

  const isReading = openId !== null && isVisible;
  useEffect(() => {
    if (!isReading || !counts[openId]) return;
    // Where this fails the next return tries again.
    markConversationRead(openId).then(refresh, () => {});
  }, [isReading, openId, counts, refresh]);

  return isReading && counts[openId] ? { ...counts, [openId]: 0 } : counts;
}
