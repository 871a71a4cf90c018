// The localStorage of one origin, for tests in Node.

/** Installs an empty localStorage until the test is over. @param {import('node:test').TestContext} [t] */
export function installStorage(t) {
  /** @type {Map<string, string>} */
  const values = new Map();
  /** Faults that a test can set: calls that throw, and the most characters that fit. */
  const faults = { read: false, write: false, forgets: false, most: Infinity };
  const size = () => [...values].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const storage = {
    getItem(key) {
      if (faults.read) throw new Error('SecurityError');
      return values.get(String(key)) ?? null;
    },
    setItem(key, value) {
      if (faults.write) throw new Error('QuotaExceededError');
      if (faults.forgets) return;
      const before = values.get(String(key));
      values.set(String(key), String(value));
      if (size() <= faults.most) return;
      if (before === undefined) values.delete(String(key));
      else values.set(String(key), before);
      throw new Error('QuotaExceededError');
    },
    removeItem: (key) => values.delete(String(key)),
    clear: () => values.clear(),
  };
  const before = globalThis.localStorage;
  globalThis.localStorage = /** @type {any} */ (storage);
  t?.after(() => {
    globalThis.localStorage = before;
  });
  return { values, faults, storage, size };
}
