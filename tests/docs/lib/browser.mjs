// A sample's page in Chromium, as Vite serves it at http://localhost:5173.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { chromeFlags, findChrome } from '../../support/browser.mjs';
import { url } from './kit.mjs';

const ORIGIN = 'http://localhost:5173';

/**
 * @param {string} file the page; its module scripts are bundled
 * @returns {Promise<import('playwright-core').Page>}
 */
export async function openFile(file) {
  // A page that no server has sent counts as one of the public internet, which may not ask a server on this machine.
  const args = [...chromeFlags(), '--disable-features=LocalNetworkAccessChecks'];
  const browser = await chromium.launch({ executablePath: findChrome(), args });
  const page = await browser.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  page.on('console', (message) => console.log(message.text()));
  const html = await bundled(file);
  await page.route(`${ORIGIN}/**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: html }),
  );
  await page.goto(`${ORIGIN}/`);
  return page;
}

async function bundled(file) {
  const html = (await readFile(file, 'utf8')).replaceAll('http://localhost:3000', url);
  const [whole, source, inline] =
    /<script type="module"(?: src="\/?([^"]*)")?>(.*?)<\/script>/s.exec(html);
  const { outputFiles } = await build({
    ...(source
      ? { entryPoints: [source] }
      : { stdin: { contents: inline, resolveDir: path.dirname(path.resolve(file)) } }),
    bundle: true,
    platform: 'browser',
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent',
  });
  const script = outputFiles[0].text
    .replaceAll('http://localhost:3000', url)
    .replaceAll('</script', '<\\/script');
  return html.replace(whole, () => `<script type="module">${script}</script>`);
}
