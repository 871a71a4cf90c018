// Compares the results that the app got, the messages in the database, and the messages that the recipients saw.

/**
 * Everything that the pages reported. A message's id is `life/conversation/number`. A life is a tab from its opening to its
 * end, across reloads.
 */
export function createRecord() {
  const record = {
    /** What pages were told to send: one that crashes may send without a word of it. @type {Set<string>} */
    ordered: new Set(),
    /** The page that sent it, by message. @type {Map<string, string>} */
    sent: new Map(),
    /** @type {Set<string>} */
    kept: new Set(),
    /** Results by message, and the page that was told each. */
    /** @type {Map<string, { instance: string, success: boolean, code?: string }[]>} */
    settled: new Map(),
    /** They left before they were on the disk. @type {string[]} */
    early: [],
    /** Sent by a page that found them on the disk. @type {Set<string>} */
    taken: new Set(),
    /** Of a tab that lives, sent by another one. @type {Set<string>} */
    borrowed: new Set(),
    /** Codes of what went wrong in a page, and how often. @type {Map<string, number>} */
    errors: new Map(),
    /** Tabs that crashed or were closed. @type {Set<string>} */
    gone: new Set(),
    /** Tabs that are being loaded again. @type {Set<string>} */
    loading: new Set(),
    /** The page that each tab shows. @type {Map<string, string>} */
    shown: new Map(),
    /** A tab has loaded its page. @param {string} life @param {string} instance */
    loaded(life, instance) {
      record.loading.delete(life);
      record.shown.set(life, instance);
    },

    /** @param {string} life whose page tells it @param {any} facts as page.mjs tells them */
    note(
      life,
      { instance, sent = [], kept = [], settled = [], early = [], taken = [], errors = [] },
    ) {
      for (const id of sent) record.sent.set(id, instance);
      for (const id of kept) record.kept.add(id);
      for (const { id, ...result } of settled) {
        const results = record.settled.get(id) ?? [];
        results.push({ instance, ...result });
        record.settled.set(id, results);
      }
      record.early.push(...early);
      for (const id of taken) {
        record.taken.add(id);
        const owner = lifeOf(id);
        const isThere = record.sent.get(id) === record.shown.get(owner);
        const isAway = record.gone.has(owner) || record.loading.has(owner);
        if (owner !== life && isThere && !isAway) record.borrowed.add(id);
      }
      for (const code of errors) record.errors.set(code, (record.errors.get(code) ?? 0) + 1);
    },
  };
  return record;
}

export const lifeOf = (/** @type {string} */ id) => id.split('/')[0];

/** The messages that must be in the database: those of an open page, and those on the disk of a closed one. */
export function owed(/** @type {ReturnType<typeof createRecord>} */ record, living) {
  return [...record.sent]
    .filter(([id, instance]) => {
      const wasAccepted = record.settled.get(id)?.some(({ success }) => success);
      return living.has(instance) || record.kept.has(id) || wasAccepted;
    })
    .map(([id]) => id);
}

/**
 * @param {ReturnType<typeof createRecord>} record
 * @param {object} end
 * @param {string[]} end.saved the contents in the database, in its order
 * @param {string[]} end.seen what the other side was shown
 * @param {Set<string>} end.living pages that are there at the end
 * @param {number} end.onDisk messages that are still on the disk
 * @returns {{ figures: Record<string, number>, violations: string[] }}
 */
export function judge(record, { saved, seen, living, onDisk }) {
  const inDatabase = new Set(saved);
  const shown = new Set(seen);
  const expected = owed(record, living);
  const missing = [...record.ordered].filter((id) => !inDatabase.has(id));
  const failures = [...record.settled].filter(([, all]) => all.some(({ success }) => !success));
  const wrong = {
    lost: expected.filter((id) => !inDatabase.has(id)),
    twice: repeats(saved),
    'out of order': disorder(saved),
    foreign: saved.filter((id) => !record.ordered.has(id)),
    'never settled': [...record.sent]
      .filter(([id, instance]) => living.has(instance) && !record.settled.has(id))
      .map(([id]) => id),
    'settled twice': [...record.settled]
      .filter(([, all]) => repeats(all.map(({ instance }) => instance)).length > 0)
      .map(([id]) => id),
    failed: failures.map(([id, all]) => `${id} (${all.map(({ code }) => code ?? 'ok')})`),
    'left before they were on the disk': record.early,
    'taken from a tab that lives': [...record.borrowed],
    'lost for the other side': saved.filter((id) => !shown.has(id)),
    'seen twice': repeats(seen),
    'seen out of order': disorder(seen),
    'left on the disk': onDisk ? [`${onDisk} messages`] : [],
  };
  const violations = Object.entries(wrong)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.length} (${list.slice(0, 8).join(', ')})`);
  const figures = {
    sent: record.ordered.size,
    'told delivered': [...record.settled.values()].filter((all) => all.some((one) => one.success))
      .length,
    saved: saved.length,
    'seen by the other side': seen.length,
    'sent from the disk': record.taken.size,
    'given to a page that was gone': missing.filter((id) => !record.sent.has(id)).length,
    'not yet on the disk when their page went': missing.filter((id) => record.sent.has(id)).length,
    ...Object.fromEntries(Object.entries(wrong).map(([name, list]) => [name, list.length])),
  };
  return { figures, violations };
}

/** @param {string[]} list */
function repeats(list) {
  const met = new Set();
  return list.filter((one) => met.has(one) || !met.add(one));
}

/** The messages that arrived after a later message of their tab and conversation. @param {string[]} ids */
function disorder(ids) {
  const highest = new Map();
  return ids.filter((id) => {
    const end = id.lastIndexOf('/');
    const line = id.slice(0, end);
    const number = Number(id.slice(end + 1));
    const isLate = number < (highest.get(line) ?? -1);
    if (!isLate) highest.set(line, number);
    return isLate;
  });
}
