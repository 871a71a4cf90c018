// Records a client of the built package, and plays the recording with the package's replay module and with the program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Server } from 'socket.io';
import { createClient } from '../../../pkg/esm/index.mjs';
import { configureInspector, exportRecording, inspect } from '../../../pkg/esm/inspector.mjs';
import { Player } from '../../../pkg/esm/inspector-replay.mjs';
import { read } from '../../../pkg-template/inspector/file.js';
import { STEP } from '../../../pkg-template/inspector/recording.js';
import { root } from '../../support/paths.mjs';
import { until } from '../../support/until.mjs';

/** A server that acknowledges messages unless `isSilent` is set. */
async function serve(t) {
  const http = createServer();
  const io = new Server(http);
  const server = { isSilent: false, io, url: '' };
  io.on('connection', (socket) => {
    socket.on('note', (_, ack) => server.isSilent || ack?.({ success: true }));
    socket.on('refused', (_, ack) => ack?.({ success: false, code: 'NO', retryable: false }));
  });
  await new Promise((done) => http.listen(0, done));
  server.url = `http://localhost:${http.address().port}`;
  t.after(() => io.close());
  return server;
}

/** A client that sends, loses its connection with messages in flight, and reconnects. */
async function story(t) {
  const server = await serve(t);
  const client = createClient({ url: server.url, send: { ack: true }, reconnect: { minMs: 50 } });
  t.after(() => client.destroy());
  inspect(client);
  client.connect();
  await Promise.all(['one', 'two', 'three'].map((text) => client.send('note', { text })));
  await client.send('refused', { text: 'four' }).catch(() => {});
  server.isSilent = true;
  const late = ['five', 'six'].map((text) => client.send('note', { text: `secret ${text}` }));
  await until(() => client.getState().inFlight === 2, 'two messages in flight');
  server.isSilent = false;
  server.io.engine.close();
  await Promise.all(late);
  await until(() => client.getState().phase === 'ready', 'a link that is ready');
  return client;
}

/** Plays a file. @param {string} text @returns its steps, and the client's state after the last one that was played */
function play(text) {
  const recording = read(text);
  const { wall, running, seed } = recording.start;
  const player = new Player(wall, running, seed);
  const steps = recording.reader().next(recording.length);
  return { recording, steps, played: player.advance(steps), view: player.view() };
}

test('a client is replayed from its file to the same state, message by message', async (t) => {
  const client = await story(t);
  const text = await (await exportRecording(client)).text();
  const { recording, played, view } = play(text);
  assert.equal(played, recording.length);
  assert.equal(view.differsAt, null);
  assert.equal(view.phase, client.getState().phase);
  const ends = view.messages.map(({ result, attempts }) => [result.code, result.by, attempts]);
  assert.deepEqual(ends.slice(0, 3), Array(3).fill(['SUCCESS', 'ack', 1]));
  assert.deepEqual(ends[3].slice(0, 2), ['ANSWER', 'ack']);
  assert.deepEqual(ends.slice(4), Array(2).fill(['SUCCESS', 'ack', 2]));
  assert.deepEqual(
    view.messages.map(({ seq }) => recording.labels.get(seq)?.event),
    ['note', 'note', 'note', 'refused', 'note', 'note'],
  );
  assert.doesNotMatch(text, /secret/, 'payloads are left out');
});

test('without a link each message says what it waits for', async (t) => {
  const client = await story(t);
  const { recording, steps } = play(await (await exportRecording(client)).text());
  const { wall, running, seed } = recording.start;
  const player = new Player(wall, running, seed);
  const isDown = (/** @type {number} */ at) => steps[at * STEP] === 25;
  const down = Array.from({ length: recording.length }, (_, at) => at).findLast(isDown);
  player.advance(steps.subarray(0, (down + 1) * STEP));
  const waits = player.view().messages.filter(({ wait }) => wait !== null);
  assert.deepEqual(
    waits.map(({ wait }) => wait.why),
    ['link', 'link'],
  );
  assert.match(waits[0].wait.text, /The link is lost/);
});

test('a file has payloads if the app had them kept and asks for them', async (t) => {
  configureInspector({ payloads: true });
  t.after(() => configureInspector({ payloads: false }));
  const server = await serve(t);
  const client = createClient({ url: server.url });
  t.after(() => client.destroy());
  server.isSilent = true;
  client.connect();
  inspect(client);
  client.send('note', { text: 'kept' }).catch(() => {});
  const whole = async () => (await exportRecording(client, { payloads: true })).text();
  await until(async () => /kept/.test(await whole()), 'the payload in the file');
  assert.doesNotMatch(await (await exportRecording(client)).text(), /kept/);
});

test('the module and the program find the same first step with another answer', async (t) => {
  const client = await story(t);
  const file = JSON.parse(await (await exportRecording(client)).text());
  // Change the answer of the first poll that settled a message, as if the client had transmitted it again.
  const at = file.steps.findIndex(([what, , , answer]) => what === 2 && answer === 7);
  file.steps[at][3] = 6;
  const text = JSON.stringify(file);
  const { played, view } = play(text);
  assert.deepEqual([played, view.differsAt], [at + 1, at]);

  const { code, output } = await replayNatively(t, text);
  assert.equal(code, 1, output);
  assert.match(
    output,
    new RegExp(`^step ${at + 1}: the recorded client answered with the order .transmit. here`, 'm'),
  );
  assert.match(output, new RegExp(`^!? +${at} `, 'm'), 'the step before it is printed');
  assert.match(output, new RegExp(`^! +${at + 1} `, 'm'), 'and the step itself');
});

test('the program plays a whole recording and prints the state at its end', async (t) => {
  const client = await story(t);
  const { code, output } = await replayNatively(t, await (await exportRecording(client)).text());
  assert.equal(code, 0, output);
  assert.match(output, /the link is ready/);
});

async function replayNatively(t, text) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-recording-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'recording.json');
  await writeFile(file, text);
  const child = spawn('cargo', ['xtask', 'replay', file], { cwd: root, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      output += piece;
    });
  }
  const code = await new Promise((done) => child.on('close', done));
  return { code, output };
}
