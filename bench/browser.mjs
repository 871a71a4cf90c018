// Chromium with playwright, for measurements inside of a page. Measurements over a network use a browser without playwright
// (tests/support/plain-browser.mjs).

import http from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { chromeFlags, findChrome } from '../tests/support/browser.mjs';
import { pkg, root } from '../tests/support/paths.mjs';

const JS_FLAGS = '--js-flags=--expose-gc';

/**
 * @param {{ after: (end: () => unknown) => void }} t ends what was started
 * @returns {Promise<{ open: (script?: string) => Promise<import('playwright-core').Page> }>} `open` answers a
 *   blank page in a context of its own, where the script has run
 */
export async function startBrowser(t) {
  const server = http.createServer((_request, response) => {
    const headers = {
      'content-type': 'text/html',
      // A cross-origin isolated page gets the finest clock.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    };
    response.writeHead(200, headers).end('<!doctype html><title>Bench</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const args = [...chromeFlags(), JS_FLAGS];
  const browser = await chromium.launch({ executablePath: findChrome(), args });
  t.after(() => browser.close());
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    async open(script) {
      const page = await (await browser.newContext()).newPage();
      await page.goto(url);
      if (script) await page.addScriptTag({ content: script });
      return page;
    },
  };
}

/**
 * Bundles a page script from this folder together with the built package.
 *
 * @param {string} file
 * @param {{ isFake?: boolean }} [options] `isFake`: the fake socket in place of socket.io-client
 * @returns {Promise<{ code: string, map: string }>} the map leads to the sources of the package
 */
export async function bundlePage(file, { isFake = false } = {}) {
  const { outputFiles } = await build({
    entryPoints: [`${root}bench/${file}`],
    outfile: 'page.js',
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    sourcemap: 'external',
    write: false,
    logLevel: 'warning',
    alias: {
      ...(isFake && { 'socket.io-client': `${root}bench/fake-socket.mjs` }),
      'holdfast/socket': `${pkg}/esm/socket.mjs`,
    },
  });
  const [map, code] = outputFiles.toSorted((a, b) => b.path.length - a.path.length);
  return { code: code.text, map: map.text };
}
