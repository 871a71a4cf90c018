// Whatever the app hands to the inspector: it is told what is wrong with it, and the recorded client goes on.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as inspector from '../../../pkg/esm/inspector.mjs';
import { startChatServer } from '../../support/chat-server.mjs';
import { answerAll } from '../../support/hostile.mjs';
import { attack, callsOf } from '../hostile-kit.mjs';
import { client as makeClient } from '../shell-kit.mjs';

test('a recorded client survives hostile arguments to the inspector', async (t) => {
  const server = answerAll(await startChatServer(t));
  const client = makeClient(t, server);
  const { configureInspector, inspect, exportRecording } = inspector;
  const calls = callsOf({ configureInspector, inspect, exportRecording }, 'inspector', {
    configureInspector: [{ maxBytes: 1_000_000, payloads: false }],
    inspect: [client],
    exportRecording: [client, { payloads: true }],
  });
  let sent = 0;
  await attack(
    t,
    200,
    ({ random }) => calls[random.below(calls.length)],
    async ({ name }) => {
      client.connect();
      const { success } = await client.send('send_message', { recipientId: 'bob', mark: sent });
      sent += 1;
      assert.equal(success, true, name);
    },
  );
  assert.deepEqual(
    server.saved.map(({ mark }) => mark),
    [...Array(sent).keys()],
  );
  const text = await (await exportRecording(client)).text();
  assert.equal(JSON.parse(text).format, 'holdfast recording');
});
