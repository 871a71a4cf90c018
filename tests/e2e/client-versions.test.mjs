// The drop-in with each supported version of socket.io-client, in the build that a bundler gives to browsers, against a
// server that is killed five times.

import test from 'node:test';
import { launchBrowser } from '../support/browser.mjs';
import { CLIENTS } from '../support/bundle.mjs';
import { surviveKills } from '../support/kill-run.mjs';
import { configure, openLab, QUICK } from '../support/lab.mjs';
import { startDemo } from '../support/server.mjs';

const browser = await launchBrowser();

for (const [version, client] of Object.entries(CLIENTS)) {
  test(`messages survive five kills with socket.io-client ${version}`, async (t) => {
    const server = await startDemo(t);
    const page = await openLab(t, browser, server.url, { client });
    const auth = { token: await server.login('alice') };
    await configure(page, { url: server.url, auth, ...QUICK }, 'alice');
    await surviveKills(t, page, server);
  });
}
