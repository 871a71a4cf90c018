import { useSocketEvent } from 'holdfast/react';
import { useCallback, useEffect, useReducer, useRef } from 'react';
import {
  deleteNotification,
  getNotifications,
  markAllNotificationsRead,
  markNotificationRead,
} from '../utils/api.js';
import useVisible from './useVisible.js';

/** As many as the server keeps. */
const MOST = 100;

function reduce(list, { type, list: all, notification, id }) {
  switch (type) {
    case 'loaded':
      return all;
    case 'new':
      return [notification, ...list.filter(({ _id }) => _id !== notification._id)].slice(0, MOST);
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
 * @param {number} returns see `useReturns`
 * @param {(text: string) => void} tell
 */
export default function useNotifications(openId, returns, tell) {
  const [list, dispatch] = useReducer(reduce, []);
  const isVisible = useVisible();
  /** How often the list has changed since it was loaded first. */
  const changes = useRef(0);
  const change = useCallback((action) => {
    changes.current += 1;
    dispatch(action);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a return is a reason to ask
  useEffect(() => {
    const load = async () => {
      const before = changes.current;
      const all = await getNotifications();
      // An answer from before a change would undo it.
      if (changes.current === before) dispatch({ type: 'loaded', list: all });
      else await load();
    };
    // A return asks again.
    load().catch(() => {});
  }, [returns]);

  useSocketEvent('notification:new', ({ notification }) => change({ type: 'new', notification }));
  useSocketEvent('notification:read', ({ _id }) => change({ type: 'read', id: _id }));
  useSocketEvent('notification:read_all', () => change({ type: 'read_all' }));
  useSocketEvent('notification:deleted', ({ _id }) => change({ type: 'deleted', id: _id }));

  useEffect(() => {
    if (!isVisible) return;
    for (const { _id, read, from } of list) {
      if (read || from._id !== openId) continue;
      change({ type: 'read', id: _id });
      markNotificationRead(_id).catch(() => {});
    }
  }, [list, openId, isVisible, change]);

  /** Shown at once; where the server did not take it, the user is told and the next return shows how it is. */
  const act = (action, request) => {
    change(action);
    request.catch((error) => tell(`That did not work: ${error.message}`));
  };

  return {
    list,
    unread: list.filter(({ read }) => !read).length,
    markRead: (id) => act({ type: 'read', id }, markNotificationRead(id)),
    markAllRead: () => act({ type: 'read_all' }, markAllNotificationsRead()),
    remove: (id) => act({ type: 'deleted', id }, deleteNotification(id)),
  };
}
