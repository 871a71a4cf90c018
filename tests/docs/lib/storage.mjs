// localStorage and IndexedDB in Node, for samples that keep something and show nothing. Import it first.

import 'fake-indexeddb/auto';

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(String(key)) ?? null,
  setItem: (key, value) => void kept.set(String(key), String(value)),
  removeItem: (key) => void kept.delete(String(key)),
  clear: () => kept.clear(),
  key: (index) => [...kept.keys()][index] ?? null,
  get length() {
    return kept.size;
  },
};
