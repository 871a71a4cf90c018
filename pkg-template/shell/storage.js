/**
 * Saves messages to disk and shares them between tabs, as the keeper (`src/client/keeper.rs`) orders: IndexedDB, locks
 * and a channel. The keeper refers to journals, and to messages that were read, by numbers; this file has their values.
 */

import {
  clearGenerations,
  clearScopes,
  commit,
  formerSegments,
  openDatabase,
  readSegments,
} from './disk.js';
import { begin, raise, read } from './generations.js';
import { newId } from './ids.js';
import { ORDER, ROW_FLAG, SEGMENT_FLAG, TOLD } from './numbers.js';
import { reading } from './payload.js';
import { textOf } from './report.js';
import { channelOf, hasLocks, lock, remember, remembered, tellOver } from './tabs.js';

/**
 * @typedef {import('./disk.js').Kept} Kept
 * @typedef {import('./disk.js').Key} Key
 * @typedef {import('./result.js').Result} Result
 * @typedef {{ kept: Kept, owner: string }} Row
 */

/** How many results are remembered for a tab that returns from the back-forward cache and asks for them. */
const RESULTS = 1000;

/** Whether there is IndexedDB. Node has none. Where it is forbidden, `openStorage` fails and reports it. */
export function canKeep() {
  try {
    return typeof indexedDB === 'object' && indexedDB !== null;
  } catch {
    return true;
  }
}

/**
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./deliveries.js').createDeliveries>} deliveries
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 */
export function createStorage(engine, deliveries, wire, trouble) {
  /** Names the server and the user; '' while nothing is saved. */
  let scope = '';
  /** The keeper's number for the current opening. */
  let opening = 0;
  /** This opening's random name. Among tabs that want the same journal or message, the lowest name goes first. */
  let by = '';
  /** @type {number | null} */
  let generation = null;
  /** @type {BroadcastChannel | null} */
  let channel = null;
  /** Messages for other tabs that wait for the channel. @type {object[]} */
  const unsaid = [];
  /** @type {Promise<IDBDatabase> | undefined} */
  let database;
  /** The database once it is open: a write that begins in the current turn completes even if the page ends. @type {IDBDatabase | undefined} */
  let base;
  /** The last error of storage. @type {unknown} */
  let reason;
  /** Scope and name of each journal, by the keeper's number minus one. @type {[string, string][]} */
  const journals = [];
  /** The journal of each opening, and the generation that it writes. */
  /** @type {Map<number, { journal: [string, string], generation: number }>} */
  const openings = new Map();
  /** Locks that were granted or requested, by journal. @type {Map<number, AbortController>} */
  const locks = new Map();
  /** Messages that were read from disk, until the keeper takes them. @type {Map<number, Row>} */
  const rows = new Map();
  let lastRow = 0;
  /** @type {Map<string, Result>} */
  const results = new Map();

  const numberOf = (/** @type {string} */ of, /** @type {string} */ name) => {
    const at = journals.findIndex(([its, other]) => its === of && other === name);
    return at < 0 ? journals.push([of, name]) : at + 1;
  };

  const open = async () => {
    database ??= openDatabase((error) => lost(error));
    const asked = database;
    const now = await asked;
    // It may have been lost meanwhile.
    if (database === asked) base = now;
    return now;
  };

  /** @param {unknown} error @param {number} [of] */
  const lost = (error, of = opening) => {
    database = base = undefined;
    reason = error;
    engine.tell(TOLD.storageFailed, of);
  };

  /** Reports that nothing is saved from now on. @param {unknown} error */
  const failed = (error) =>
    trouble.fail('STORAGE_FAILED', `Messages are not saved to disk: ${textOf(error)}`, error);

  /** The current generation; the one from the opening if localStorage fails. */
  const current = () => read(scope) ?? generation ?? 0;

  /**
   * Posts to the other tabs. Returns false if it fails: a reply from the app's parser may not be cloneable, and a page
   * that is ending may have no channel.
   */
  const post = (/** @type {object} */ message) => {
    try {
      channel?.postMessage(message);
      return true;
    } catch {
      return false;
    }
  };

  const hear = (/** @type {MessageEvent} */ { data }) => {
    const of = opening;
    const goesFirst = data.by < by;
    if (data.name) {
      const isNew = Boolean(data.isNew);
      engine.tell(TOLD.hello, of, numberOf(scope, data.name), isNew, goesFirst);
    }
    const { as, until } = data;
    if (data.settled) deliveries.toldEnd(data.settled, as, until);
    if (data.cancel) {
      if (deliveries.seqNamed(data.cancel, as)) deliveries.cancel(data.cancel);
      else deliveries.toldOver(data.cancel, until);
    }
    // The user logged out in that tab, which began this generation.
    if ('over' in data) engine.tell(TOLD.looked, data.over ?? 0, wire.isPolling(), wire.waiting());
    for (const id of data.ask ?? []) {
      const result = results.get(`${id} ${as}`);
      if (result) post({ settled: result, as });
      else if (engine.note(TOLD.asked, deliveries.seqNamed(id, as) ?? 0, goesFirst) > 0) {
        post({ has: id, as });
      }
    }
    const known = data.has && deliveries.seqNamed(data.has, as);
    if (known) engine.tell(TOLD.hasElsewhere, of, known);
  };

  /** An empty transaction. */
  const none = () => ({
    /** @type {Map<number, Kept[]>} */
    puts: new Map(),
    /** @type {Map<number, number[]>} */
    lists: new Map(),
    /** @type {Key[]} */
    drops: [],
  });
  let parts = none();

  /** @template T @param {Map<number, T[]>} map @param {number} number @param {T} value */
  const gather = (map, number, value) => {
    const all = map.get(number);
    if (all) all.push(value);
    else map.set(number, [value]);
  };

  /** Reads journals and reports their messages to the keeper. 0 reads all of the scope. @param {number} of @param {number} mine @param {boolean} isLook */
  const readAll = async (of, mine, isLook) => {
    const asked = opening;
    try {
      const start = of ? journals[of - 1] : [scope];
      // IndexedDB runs in order: a write that is requested after this read begins after it.
      const now = base ?? (await open());
      const [segments, former] = await Promise.all([
        readSegments(now, start),
        of ? [] : formerSegments(now, scope),
      ]);
      if (asked !== opening) return;
      for (const [its, name, number] of former) {
        const flags = SEGMENT_FLAG.former | (name === remembered() ? SEGMENT_FLAG.ours : 0);
        engine.note(TOLD.segment, asked, numberOf(its, name), number, 0, -1, flags);
      }
      const [, me] = journals[mine - 1];
      const today = current();
      for (const { key, messages, settled, generation: its } of segments) {
        const owner = numberOf(key[0], key[1]);
        engine.note(TOLD.segment, asked, owner, key[2], messages.length, its, 0);
        for (const [index, kept] of messages.entries()) {
          const isAway = kept.from === me;
          // The keeper never takes messages of other tabs, nor any when it only looks which are there.
          const isOurs = !isLook && (of || owner === mine || isAway);
          lastRow += 1;
          if ((isOurs || its !== today) && !settled.has(index))
            rows.set(lastRow, { kept, owner: key[1] });
          const flags = (settled.has(index) ? ROW_FLAG.settled : 0) | (isAway ? ROW_FLAG.away : 0);
          const known = deliveries.seqOfSame(kept) ?? -1;
          engine.note(TOLD.row, asked, index, lastRow, flags, known);
        }
      }
      engine.tell(TOLD.read, asked, today);
    } catch (error) {
      lost(error, asked);
    }
  };

  const close = () => {
    opening = 0;
    channel?.close();
    channel = null;
    for (const control of locks.values()) control.abort();
    locks.clear();
    // The next opening may be for another user.
    results.clear();
  };

  const handlers = {
    async [ORDER.openStorage](/** @type {number} */ of) {
      opening = of;
      rows.clear();
      try {
        channel = channelOf(scope);
        channel?.addEventListener('message', hear);
        for (const message of unsaid.splice(0)) post(message);
        await open();
        if (of !== opening) return;
        const before = remembered();
        const mine = before ? numberOf(scope, before) : 0;
        by = newId();
        const fresh = numberOf(scope, by);
        if (!hasLocks()) {
          trouble.warnOnce('no Web Locks: messages of a closed tab wait until it opens again');
        }
        engine.tell(TOLD.opened, of, Date.now(), mine, fresh, hasLocks(), current());
      } catch (error) {
        lost(error, of);
      }
    },
    [ORDER.closeStorage]: close,
    [ORDER.remember]: (/** @type {number} */ journal) => remember(journals[journal - 1][1]),
    [ORDER.lock](/** @type {number} */ journal, /** @type {number} */ waits) {
      const asked = opening;
      const control = new AbortController();
      locks.set(journal, control);
      lock(journals[journal - 1], waits > 0, control.signal, (isGranted) =>
        engine.tell(TOLD.locked, asked, journal, isGranted),
      ).catch((error) => {
        if (!control.signal.aborted) lost(error, asked);
      });
    },
    [ORDER.unlock](/** @type {number} */ journal) {
      locks.get(journal)?.abort();
      locks.delete(journal);
    },
    [ORDER.gather]: (/** @type {number} */ of) =>
      queueMicrotask(() => engine.tell(TOLD.gathered, of)),
    [ORDER.read](/** @type {number} */ of, /** @type {number} */ mine) {
      const its = engine.note(TOLD.generation);
      const isLook = of === 0 && openings.has(opening);
      openings.set(opening, { journal: journals[mine - 1], generation: its });
      readAll(of, mine, isLook);
    },
    [ORDER.put]: (
      /** @type {number} */ seq,
      /** @type {number} */ _of,
      /** @type {number} */ number,
    ) => gather(parts.puts, number, deliveries.keptOf(seq)),
    [ORDER.move](
      /** @type {number} */ row,
      /** @type {number} */ _of,
      /** @type {number} */ number,
    ) {
      const { kept, owner } = /** @type {Row} */ (rows.get(row));
      const moved = { from: owner, ...kept };
      rows.set(row, { kept: moved, owner });
      gather(parts.puts, number, moved);
    },
    [ORDER.list]: (
      /** @type {number} */ _,
      /** @type {number} */ _of,
      /** @type {number} */ number,
      /** @type {number} */ index,
    ) => gather(parts.lists, number, index),
    [ORDER.drop]: (/** @type {number} */ journal, /** @type {number} */ number) =>
      parts.drops.push([...journals[journal - 1], number]),
    async [ORDER.commit](
      /** @type {number} */ transaction,
      /** @type {number} */ of,
      /** @type {number} */ guard,
    ) {
      const { puts, lists, drops } = parts;
      parts = none();
      let isDone = false;
      try {
        const { journal, generation: its } = /** @type {any} */ (openings.get(of));
        const key = (/** @type {number} */ number) => /** @type {Key} */ ([...journal, number]);
        const isOver = guard >= 0 && current() !== guard;
        if (reading) await reading;
        const now = base ?? (await open());
        if (!isOver) {
          await commit(now, {
            puts: [...puts].map(([number, messages]) => [key(number), messages, its]),
            lists: [...lists].map(([number, list]) => [key(number), list]),
            drops,
          });
          isDone = true;
        }
      } catch (error) {
        reason = error ?? new Error('the transaction was aborted');
      }
      engine.tell(TOLD.committed, transaction, isDone);
    },
    [ORDER.take](/** @type {number} */ row) {
      const one = rows.get(row);
      rows.delete(row);
      if (one) deliveries.takeUp(one.kept);
      else engine.note(TOLD.taken);
    },
    [ORDER.erased](/** @type {number} */ row) {
      const one = rows.get(row);
      rows.delete(row);
      if (one) deliveries.toldErased(one.kept);
    },
    [ORDER.share]: (/** @type {number} */ seq) => deliveries.share(seq),
    [ORDER.hello]: (/** @type {number} */ journal, /** @type {number} */ isNew) =>
      post({ name: journals[journal - 1][1], isNew: isNew > 0, by }),
    [ORDER.ask](/** @type {number} */ seq) {
      const { id, as } = deliveries.named(seq);
      post({ ask: [id], as, by });
    },
    [ORDER.cancelElsewhere](/** @type {number} */ seq) {
      const { id, as, until } = deliveries.named(seq);
      const cancel = { cancel: id, as, until };
      // A page that just returned from the back-forward cache has no channel yet.
      if (channel) post(cancel);
      else unsaid.push(cancel);
    },
    [ORDER.storageFailed]() {
      failed(reason ?? new Error(`the storage does not ${base ? 'answer' : 'open'}`));
      reason = undefined;
    },
  };

  return {
    handlers,

    /**
     * Opens the storage of a server and a user, and closes the one before.
     * @param {string} next its scope; '' if there is no user: nothing is saved
     */
    open(next) {
      scope = next;
      unsaid.length = 0;
      generation = next ? begin(next) : null;
      if (next && generation === null) {
        failed(new Error('localStorage fails'));
      }
      engine.tell(TOLD.keep, generation ?? -1, true);
      return generation;
    },

    /**
     * Reports a result to the other tabs, one of which had the message.
     * @param {Result} result
     * @param {string} as
     * @param {number} until
     */
    tell(result, as, until) {
      results.set(`${result.id} ${as}`, result);
      if (results.size > RESULTS) {
        results.delete(/** @type {string} */ (results.keys().next().value));
      }
      if (post({ settled: result, as, until })) return;
      post({ settled: { ...result, reply: undefined }, as, until });
    },

    /**
     * The user logs out. Everything saved for the scope is void at once, whatever the keeper's state, and is then
     * deleted. If deleting fails, or the page ends first, the next opening deletes it.
     * @param {string} gone
     */
    async clear(gone) {
      const before = read(gone) ?? 0;
      const next = raise(gone);
      // Messages that the keeper has read are reported as they settle.
      const isFound = gone === scope && engine.note(TOLD.isOpen) > 0;
      try {
        tellOver(gone, next);
        // If the database is open, this runs before anything new can be saved: delete all, even if the page ends now.
        const isAtOnce = base !== undefined;
        const now = base ?? (await open());
        const name = remembered() ?? '';
        const [left, former] = await Promise.all([
          isFound ? [] : readSegments(now, [gone, name]),
          formerSegments(now, gone),
          isAtOnce
            ? clearScopes(now, [gone])
            : clearGenerations(now, gone, read(gone) ?? next ?? before),
        ]);
        const scopes = former.map(([from]) => from);
        if (scopes.length > 0) await clearScopes(now, scopes);
        for (const { messages, settled, generation: its } of left) {
          if (its >= 0 && its !== before) continue;
          for (const [index, kept] of messages.entries()) {
            if (!settled.has(index)) deliveries.toldErased(kept);
          }
        }
      } catch (error) {
        database = base = undefined;
        failed(error);
      }
    },

    /** The engine died: nothing is written or erased any more. The next page load finds it all. */
    release: close,
  };
}
