// A document, localStorage and IndexedDB in Node, for samples that run in a page. Import it before React.

import 'fake-indexeddb/auto';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><body><div id="root"></div></body>', {
  url: 'http://localhost:5173/',
});
const { document, localStorage, location, FormData } = window;
Object.assign(globalThis, { window, document, localStorage, location, FormData });
Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
