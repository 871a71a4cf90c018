// Publishes numbers through whichever process is running, a few at a time, one batch after the other. So a higher number was
// published later, if it is in a later batch.

import http from 'node:http';
import { setTimeout } from 'node:timers/promises';

const PER_SECOND = 80;
const MOST_AT_ONCE = 8;
/** While no process runs it is looked again so often. */
const LOOK_MS = 20;

/**
 * @param {import('../../support/server.mjs').DemoServer[]} servers
 * @param {{ between: (from: number, to: number) => number, below: (end: number) => number }} random
 */
export function createPublisher(servers, random) {
  /** Those whose `publish` resolved. @type {Set<number>} */
  const published = new Set();
  let last = 0;

  return {
    published,
    /** How many were given a number: more than were published, where a process died in the midst of it. */
    tried: () => last,

    /** @param {number} count */
    async publish(count) {
      for (let left = count; left > 0; ) {
        const batch = Math.min(left, random.between(1, MOST_AT_ONCE));
        left -= batch;
        const pace = setTimeout((batch * 1000) / PER_SECOND);
        const server = await running(servers, random);
        const from = last + 1;
        last += batch;
        await order(server.url, { from, count: batch }, published);
        await pace;
      }
    },
  };
}

async function running(servers, random) {
  for (;;) {
    const those = servers.filter(({ running: isThere }) => isThere);
    if (those.length > 0) return those[random.below(those.length)];
    await setTimeout(LOOK_MS);
  }
}

/** Resolves when the process has published all, or is gone. @param {Set<number>} published */
function order(url, batch, published) {
  return new Promise((resolve) => {
    const request = http.request(`${url}/publish`, { method: 'POST', agent: false });
    request.on('error', resolve).on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) published.add(Number(line));
      });
      response.on('error', resolve).on('close', resolve);
    });
    request.end(JSON.stringify(batch));
  });
}
