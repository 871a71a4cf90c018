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

/** As many as the server keeps. */
const MOST = 100;

function reduce(list, { type, loaded, notification, id }) {
  switch (type) {
    case 'loaded':
      return loaded;
    case 'new':
      // After a reload the feed tells once more of some that were loaded, as they were then.
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
 * The notifications, newest first, in step with this user's other devices. Those about the conversation
 * that is on the screen are read.
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

  /** Shown at once; where the server did not take it, the user is told, and how it is is loaded. */
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
