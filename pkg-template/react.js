'use client';
/** The entry `holdfast/react`: a provider for one client, and hooks that re-render only for what they read. */

import * as hooks from './react/hooks.js';
import { useSendMessage } from './react/sending.js';

export {
  SocketContext,
  SocketContext as default,
  SocketProvider,
  SocketProvider as SocketContextProvider,
} from './react/context.js';
export {
  useConnectionHealth,
  useIsOnline,
  useOnlineUsers,
  useOutbox,
  useSocket,
  useSocket as useSocketContext,
  useSocketEvent,
} from './react/hooks.js';
export { useSendMessage };

/** @type {typeof import('./types/react.d.ts').createSocketHooks} */
export const createSocketHooks = () => /** @type {any} */ ({ ...hooks, useSendMessage });
