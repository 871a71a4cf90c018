// Sends an item to the connections: as `holdfast:item` to those that read the feed, as a plain event to the others in the
// app's room.

import { isJson, valuesOf } from './feed-items.js';
import { isPlainAdapter, jsonSender } from './feed-wire.js';

/** @import { FeedNames } from './feed-rooms.js' */

/** @typedef {(names: FeedNames, before: string, offset: string, text: string) => void} Deliver */

/** @param {any} namespace of Socket.IO @returns {Deliver} */
export function delivery(namespace) {
  const recovers = Boolean(namespace.server?.opts?.connectionStateRecovery);
  /** The adapter that was checked last: an app may set another one later. @type {unknown} */
  let adapter;
  let isLocal = false;
  /** @type {import('./feed-wire.js').SendJson | undefined} */
  let sendJson;

  /**
   * Sends over an adapter that knows only this process: nothing if no connection listens.
   *
   * @param {FeedNames} names
   * @param {string} before
   * @param {string} offset
   * @param {string} text
   */
  function deliverHere(names, before, offset, text) {
    const { rooms } = namespace.adapter;
    const { wire, room, pending, plain } = names;
    const hasReaders = rooms.has(room);
    const hasPlain = hasOthers(rooms, plain, room, pending);
    if (!hasReaders && !hasPlain) return;
    if (!sendJson || !isJson(text)) {
      const values = valuesOf(text);
      if (hasReaders) emitItem(names, before, offset, values);
      if (hasPlain) emitPlain(names, values);
      return;
    }
    if (hasReaders) {
      const head = `["${ITEM}",${names.wireJson},"${before}","${offset}",`;
      const data = () => [ITEM, wire, before, offset, ...valuesOf(text)];
      sendJson(room, [], head + text.slice(1), data);
    }
    if (hasPlain) sendJson(plain, [room, pending], text, () => valuesOf(text));
  }

  /** @param {FeedNames} names @param {string} before @param {string} offset @param {unknown[]} values */
  function emitItem({ wire, room }, before, offset, values) {
    const readers = namespace.to(room);
    // Not volatile, but the flag has to exist: Socket.IO stores events without it for the recovery of lost connections.
    // That would send items again, even after the right was revoked, and would add an argument.
    if (recovers && readers.flags) readers.flags.volatile = false;
    readers.emit(ITEM, wire, before, offset, ...values);
  }

  /** @param {FeedNames} names @param {unknown[]} values */
  function emitPlain({ room, pending, lost, plain }, values) {
    const others = recovers ? [room, pending, lost] : [room, pending];
    namespace
      .to(plain)
      .except(others)
      .emit(...values);
  }

  return (names, before, offset, text) => {
    if (namespace.adapter !== adapter) {
      adapter = namespace.adapter;
      isLocal = isPlainAdapter(adapter);
      sendJson = jsonSender(namespace);
    }
    if (isLocal) {
      deliverHere(names, before, offset, text);
      return;
    }
    const values = valuesOf(text);
    // Readers first: a connection that becomes a reader between the two then gets the item from the store only.
    emitItem(names, before, offset, values);
    emitPlain(names, values);
  };
}

/**
 * Whether a connection in the plain room gets the plain event.
 *
 * @param {Map<string, Set<string>>} rooms
 * @param {string} plain
 * @param {string} room
 * @param {string} pending
 */
function hasOthers(rooms, plain, room, pending) {
  const members = rooms.get(plain);
  if (!members) return false;
  const reading = rooms.get(room);
  const asking = rooms.get(pending);
  for (const id of members) {
    if (!reading?.has(id) && !asking?.has(id)) return true;
  }
  return false;
}

const ITEM = 'holdfast:item';
