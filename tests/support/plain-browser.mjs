// A browser without playwright, for time measurements. Playwright receives every WebSocket frame over the DevTools
// protocol, which costs more than the frames themselves.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.mjs';
import { chromeFlags, findChrome } from './browser.mjs';
import { deferred } from './until.mjs';

/**
 * Runs a script in a page of a new browser, and resolves with the script's result.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} script sets `window.run`, a function that returns a promise
 * @param {unknown} options the argument of `run`, as JSON
 * @param {number} deadlineMs
 * @param {string[]} [more] flags for Chromium
 * @returns {Promise<unknown>} rejects with the page's error, or at the deadline
 */
export async function runInPlainBrowser(t, script, options, deadlineMs, more = []) {
  const answer = deferred();
  const server = http.createServer(async (request, response) => {
    if (request.method === 'POST') {
      const chunks = await request.toArray();
      const { result, error } = JSON.parse(Buffer.concat(chunks).toString());
      response.end();
      if (error) answer.reject(new Error(`the page failed: ${error}`));
      else answer.resolve(result);
    } else if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(pageOf(script, options));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  const profile = await mkdtemp(join(tmpdir(), 'holdfast-browser-'));
  const own = ['--headless=new', '--no-default-browser-check', `--user-data-dir=${profile}`];
  const flags = [...own, ...more];
  const url = `http://127.0.0.1:${server.address().port}/`;
  // Chromium runs as several processes. A process group of their own lets one signal end them all.
  const browser = spawn(findChrome(), [...chromeFlags(), ...flags, url], {
    stdio: 'ignore',
    detached: true,
  });
  const gone = new Promise((resolve) => browser.once('close', resolve));
  const kill = () => {
    if (browser.exitCode === null && browser.signalCode === null)
      process.kill(-browser.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  browser.once('error', answer.reject);
  gone.then(() => answer.reject(new Error('the browser ended before the page answered')));
  const late = setTimeout(
    () => answer.reject(new Error(`the page gave no answer within ${deadlineMs} ms`)),
    deadlineMs,
  );
  atEnd(t, async () => {
    clearTimeout(late);
    process.off('exit', kill);
    kill();
    await gone;
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  return answer.promise;
}

function pageOf(script, options) {
  const safe = (code) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  return `<!doctype html><meta charset="utf-8"><title>Run</title><script>${safe(script)}</script>
<script>
  const tell = (body) => fetch('/', { method: 'POST', body: JSON.stringify(body) });
  const failed = (error) => tell({ error: String(error?.stack ?? error) });
  addEventListener('error', (event) => failed(event.error ?? event.message));
  window.run(${safe(JSON.stringify(options))}).then((result) => tell({ result }), failed);
</script>`;
}
