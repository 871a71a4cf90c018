// Payloads of apps with a custom parser: values that this parser preserves arrive.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as msgpack from 'socket.io-msgpack-parser';
import { startChatServer } from '../support/chat-server.mjs';
import { client, until } from './shell-kit.mjs';

const parser = msgpack.default ?? msgpack;

/** A parser that hands objects over as they are, as those of CBOR and the like do with what they know. */
function handing() {
  const held = [];
  class Encoder {
    encode(packet) {
      held.push(structuredClone(packet));
      return [String(held.length - 1)];
    }
  }
  class Decoder extends parser.Decoder {
    add(text) {
      this.emit('decoded', held[Number(text)]);
    }
  }
  return { Encoder, Decoder };
}

async function sendOver(t, its, data, afterwards = () => {}) {
  const server = await startChatServer(t, { io: { parser: its } });
  const made = client(t, server, { userId: 'u1', io: { parser: its } });
  const sent = made.send('send_message', data);
  afterwards();
  const shown = made.outbox()[0].data;
  made.connect();
  assert.equal((await sent).success, true);
  await until(() => server.received.length === 1, 'it is there');
  const { _tempId: _, ...got } = server.received[0].data;
  delete shown._tempId;
  return { got, shown };
}

test('Date and NaN arrive with the parser of msgpack', async (t) => {
  const data = { at: new Date(86_400_000), rate: NaN, list: [new Date(5), 1], text: 'a' };
  const { got, shown } = await sendOver(t, parser, data);
  assert.deepEqual(got, data);
  assert.deepEqual(shown, data);
});

test('values that a parser of the app preserves are copied at the send', async (t) => {
  const map = new Map([['a', new Set([1])]]);
  const data = {
    map,
    big: 5n,
    none: undefined,
    pattern: /a/g,
    own: { toJSON: () => 'its own' },
    at: new URL('http://a/b'),
  };
  assert.deepEqual(await sendOver(t, handing(), data, () => map.clear()), {
    got: { ...data, map: new Map([['a', new Set([1])]]), own: 'its own', at: 'http://a/b' },
    shown: { ...data, map: new Map([['a', new Set([1])]]), own: 'its own', at: 'http://a/b' },
  });
});

test('a value that no parser can encode is refused', async (t) => {
  const server = await startChatServer(t, { io: { parser } });
  const made = client(t, server, { io: { parser } });
  const locked = Object.defineProperty(new Map([[1, () => {}]]), 'a', { value: 1 });
  await assert.rejects(made.send('send_message', { locked }), { code: 'INVALID_MESSAGE_PAYLOAD' });
  await assert.rejects(made.send('send_message', new Proxy({}, { ownKeys: () => null })), {
    code: 'INVALID_MESSAGE_PAYLOAD',
  });
});
