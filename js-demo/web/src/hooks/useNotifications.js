import { useSocketEvent } from 'holdfast/react';
import { useEffect } from 'react';
import {
  deleteNotification,
  getNotifications,
  markAllNotificationsRead,
  markNotificationRead,
} from '../utils/api.js';
import useLoaded from './useLoaded.js';
import useVisible from './useVisible.js';

/** As many as the server returns. */
const MOST = 100;

function reduce(list, { type, loaded, notification, id }) {
  switch (type) {
    case 'loaded':
      return loaded;
    case 'new':
      // After a reload the feed repeats notifications that were loaded, in their older state.
      if (list.some(({ _id }) => _id === notification._id)) return list;
      return [notification, ...list].sort((a, b) => b._id - a._id).slice(0, MOST);
    case 'read':
      return list.map((one) => (one._id === id ? { ...one, read: true } : one));
    case 'read_all':
      return list.map((one) => ({ ...one, read: true }));
    case 'deleted':
      return list.filter(({ _id }) => _id !== id);
    default:
      throw new Error(`There is no action ${type}`);
  }
}

/**
 * The notifications, newest first, in sync with the user's other devices. Notifications about the open conversation are
 * marked as read.
 *
 * @param {string | null} openId
 * @param {(text: string) => void} tell
 */
export default function useNotifications(openId, tell) {
  const [list, change, { reload, reloadAtReturn }] = useLoaded(reduce, [], getNotifications);
  const isVisible = useVisible();

  useSocketEvent('notification:new', ({ notification }) => change({ type: 'new', notification }));
  useSocketEvent('notification:read', ({ _id }) => change({ type: 'read', id: _id }));
  useSocketEvent('notification:read_all', () => change({ type: 'read_all' }));
  useSocketEvent('notification:deleted', ({ _id }) => change({ type: 'deleted', id: _id }));

  useEffect(() => {
    if (!isVisible) return;
    for (const { _id, read, from } of list) {
      if (read || from._id !== openId) continue;
      change({ type: 'read', id: _id });
      markNotificationRead(_id).catch(reloadAtReturn);
    }
  }, [list, openId, isVisible, change, reloadAtReturn]);

  /** Shows a change at once. If the server does not accept it, the user is told, and the notifications are loaded again. */
  const act = (action, request) => {
    change(action);
    request.catch((error) => {
      tell(`That did not work: ${error.message}`);
      reload();
    });
  };

  return {
    list,
    unread: list.filter(({ read }) => !read).length,
    markRead: (id) => act({ type: 'read', id }, markNotificationRead(id)),
    markAllRead: () => act({ type: 'read_all' }, markAllNotificationsRead()),
    remove: (id) => act({ type: 'deleted', id }, deleteNotification(id)),
  };
}
