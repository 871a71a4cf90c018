// The one place where the app sets up Holdfast. Components use the hooks of `holdfast/react`.

import { configureSocket } from 'holdfast/socket';
import { getMissed } from './api.js';
import { distrustToken, getFreshToken, signOut } from './session.js';

/** Beside a lab that breaks the link nobody wants to wait: half a minute becomes seconds. */
const IMPATIENT = {
  health: { intervalMs: 2000, timeoutMs: 6000, probeMs: 2000 },
  send: { ack: true, ackTimeoutMs: 4000 },
  reconnect: { maxMs: 8000, connectTimeoutMs: 6000 },
};

/** Where live messages have got to; before the first, where the first page read had. */
let newestSeq = null;

/** A message came over the socket, or was taken by the server. @param {{ seq: number }} message */
export function noteLive({ seq }) {
  newestSeq = Math.max(newestSeq ?? 0, seq);
}

/**
 * A page of a conversation was read. It is no live message: what others wrote before it may be missing yet.
 * @param {readonly { seq: number }[]} page
 */
export function notePage(page) {
  newestSeq ??= page.at(-1)?.seq ?? 0;
}

/** How often the feed has lost its place: what it did not tell has to be loaded. For `useSyncExternalStore`. */
let resets = 0;
const listeners = new Set();
export const countResets = () => resets;

export function subscribeToResets(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Asked for what was missed. After a return that is in the feed. */
function resync({ reason, deliver }) {
  if (reason === 'returned') return undefined;
  resets += 1;
  for (const listener of listeners) listener();
  // Where nothing was shown yet, nothing has a hole.
  return newestSeq === null ? undefined : getMissed(newestSeq, deliver);
}

/** @param {{ socketUrl: string | null, labUrl: string | null }} config of the server's */
export function setUpSocket({ socketUrl, labUrl }) {
  configureSocket({
    url: socketUrl ?? location.origin,
    auth: async () => ({ token: await getFreshToken() }),
    reconnect: {
      ...(labUrl && IMPATIENT.reconnect),
      onRejected(error) {
        if (error.data?.code === 'UNAUTHORIZED') distrustToken();
      },
    },
    onResync: resync,
    onForceLogout: ({ reason }) => signOut(reason ?? 'The server logged you out.'),
    // The server acknowledges every message, so only that is a success. `message:sent` would be one too, and the lab could lose
    // no answer.
    send: { ack: true },
    events: { sent: [] },
    ...(labUrl && { health: IMPATIENT.health, send: IMPATIENT.send }),
  });
}
