import { useSocketEvent } from 'holdfast/react';
import { useEffect } from 'react';
import { getUnread, markConversationRead } from '../utils/api.js';
import { countsOf, lastOf, unreadReducer } from '../utils/unread.js';
import useLoaded from './useLoaded.js';
import useVisible from './useVisible.js';

/**
 * The number of unread messages by sender, equal on all devices: the server counts at the load, and the feed reports what
 * arrived and what was read since. Messages of the visible conversation are marked as read.
 *
 * @param {string} me
 * @param {string | null} openId the peer of the open conversation
 */
export default function useUnread(me, openId) {
  const [unread, change, { reloadAtReturn }] = useLoaded(unreadReducer, {}, getUnread);
  const isVisible = useVisible();

  useSocketEvent('message:new', (message) => {
    if (message.sender._id !== me) change({ type: 'received', message });
  });
  useSocketEvent('message:read', ({ by, with: peerId, upTo }) => {
    if (by === me) change({ type: 'read', peerId, upTo });
  });

  const counts = countsOf(unread);
  const isReading = openId !== null && isVisible;
  const shown = isReading && counts[openId] > 0 ? unread[openId] : null;

  useEffect(() => {
    if (!shown) return;
    const seen = { type: 'read', peerId: openId, upTo: lastOf(shown) };
    // After a failure they are still unread, and the next return tries again.
    markConversationRead(openId).then(() => change(seen), reloadAtReturn);
  }, [shown, openId, change, reloadAtReturn]);

  return shown ? { ...counts, [openId]: 0 } : counts;
}
