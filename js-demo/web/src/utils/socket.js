// Sets up Holdfast. Components use the hooks of `holdfast/react`.

import { configureSocket } from 'holdfast/socket';
import { getMissed } from './api.js';
import { distrustToken, getFreshToken, signOut } from './session.js';

/** With the lab, delays are short: half a minute becomes a few seconds. */
const IMPATIENT = {
  health: { intervalMs: 2000, timeoutMs: 6000, probeMs: 2000 },
  send: { ack: true, ackTimeoutMs: 4000 },
  reconnect: { maxMs: 8000, connectTimeoutMs: 6000 },
};

/** The number of the last live message. Before the first one: the last number of the first page. */
let newestSeq = null;

/** Records a message that arrived live or was saved by the server. @param {{ seq: number }} message */
export function noteLive({ seq }) {
  newestSeq = Math.max(newestSeq ?? 0, seq);
}

/**
 * Records the page of a conversation. It is not live: older messages of other users may still be missing.
 *
 * @param {readonly { seq: number }[]} page
 */
export function notePage(page) {
  newestSeq ??= page.at(-1)?.seq ?? 0;
}

/** How often the feed was reset, after which state has to be loaded again. For `useSyncExternalStore`. */
let resets = 0;
const listeners = new Set();
export const countResets = () => resets;

export function subscribeToResets(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Loads the messages that were missed before the feed was read. Later, the feed contains them. */
function resync({ reason, deliver }) {
  if (reason === 'returned') return undefined;
  resets += 1;
  for (const listener of listeners) listener();
  // If nothing was loaded yet, nothing is missing.
  return newestSeq === null ? undefined : getMissed(newestSeq, deliver);
}

/** @param {{ socketUrl: string | null, labUrl: string | null }} config from the server */
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
    // The server acknowledges every message, so only an acknowledgement counts as success. If `message:sent` counted too,
    // the lab could not lose an acknowledgement.
    send: { ack: true },
    events: { sent: [] },
    ...(labUrl && { health: IMPATIENT.health, send: IMPATIENT.send }),
  });
}
