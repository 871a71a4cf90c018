// Runs in the page of the recording bench, in two bundles: one without the inspector, and one with it.

import { createClient } from 'holdfast';
// In the bundle without the inspector, this is `not-recorded.mjs`.
import { inspect } from 'holdfast/inspector';
import { payloads } from './payloads.mjs';

/** Sends all messages at once over a ready link. Returns the milliseconds from the first send to the last acknowledgement. */
const burst = async ({ url, messages }) => {
  const client = createClient({
    url,
    io: { transports: ['websocket'] },
    queue: { storage: 'memory' },
  });
  inspect(client);
  client.connect();
  await new Promise((done) => {
    const off = client.subscribe(() => client.getState().isReady && done(off()));
  });
  await new Promise((done) => setTimeout(done));
  globalThis.gc?.();
  const started = performance.now();
  await Promise.all(payloads(messages).map((message) => client.send('send_message', message)));
  const ms = performance.now() - started;
  client.destroy();
  return ms;
};

globalThis.copies = [...(globalThis.copies ?? []), burst];

/** Returns one time of each copy for each round. The copies take turns at being first. */
globalThis.run = async (plan) => {
  const { copies } = globalThis;
  for (const copy of copies) await copy(plan);
  const rounds = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const times = [0, 0];
    for (const which of order) times[which] = await copies[which](plan);
    rounds.push(times);
  }
  return rounds;
};
