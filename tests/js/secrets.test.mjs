// Neither exceptions about wrong options nor the log contain values that could be secrets.

import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { startChatServer } from '../support/chat-server.mjs';
import {
  api,
  client,
  createClient,
  freshModule,
  makeClient,
  ready,
  start,
  until,
} from './shell-kit.mjs';

const SECRET = 'eyJhbGciOiJIUzI1NiJ9.s3cr3t';
const URL = 'http://127.0.0.1:9';

/** A secret in every shape in which somebody may put it where it does not belong. */
const SHAPES = {
  'a text': () => SECRET,
  'a long text': () => 'x'.repeat(20) + SECRET.repeat(50),
  'a list': () => [SECRET],
  'a list of lists': () => [[SECRET]],
  'an object': () => ({ token: SECRET }),
  'a text in a box': () => Object(SECRET),
  'a symbol': () => Symbol(SECRET),
  'an object that prints it': () => ({
    toString: () => SECRET,
    [Symbol.toPrimitive]: () => SECRET,
  }),
  'an error': () => new Error(SECRET),
  'a function of that name': () => Object.defineProperty(() => {}, 'name', { value: SECRET }),
  'a class of that name': () => Object.defineProperty(class {}, 'name', { value: SECRET }),
  'an object of a class of that name': () =>
    new (Object.defineProperty(class {}, 'name', { value: SECRET }))(),
  'an object with a tag': () => ({ [Symbol.toStringTag]: SECRET }),
  'a URL': () => new globalThis.URL(`https://x.test/?token=${SECRET}`),
  'bytes that print it': () => Object.assign(new Uint8Array(1), { toString: () => SECRET }),
};

/** The path of every option that there is, and of every group. */
function paths(t) {
  const made = makeClient({ url: URL, logger: null });
  t.after(() => made.destroy());
  const all = [];
  for (const [name, value] of Object.entries(made.settings())) {
    all.push([name]);
    const isGroup = value && Object.getPrototypeOf(value) === Object.prototype && name !== 'logger';
    if (isGroup) for (const inner of Object.keys(value)) all.push([name, inner]);
  }
  assert.ok(all.length > 40);
  return all;
}

const assertSilent = (error, what) => {
  const { message, stack, cause } = error;
  for (const text of [message, stack, inspect(error), inspect(cause), JSON.stringify(error)]) {
    assert.equal(String(text).includes('s3cr3t'), false, `${what}: ${message}`);
  }
  assert.equal(error.code, 'INVALID_OPTION', what);
};

function refusedSilently(make, what) {
  let made;
  try {
    made = make();
  } catch (error) {
    assertSilent(error, what);
    return 1;
  }
  // Right there, as it happens.
  made?.destroy();
  return 0;
}

test('no exception about a wrong option shows its value, whatever the option', (t) => {
  let count = 0;
  for (const path of paths(t)) {
    for (const [shape, make] of Object.entries(SHAPES)) {
      const [group, name] = path;
      const options = { logger: null, [group]: name ? { [name]: make() } : make() };
      count += refusedSilently(() => createClient(options), `${path.join('.')}: ${shape}`);
    }
  }
  assert.ok(count > 300, `${count} were refused`);
});

test('no exception about an option that does not exist shows its value', () => {
  for (const [shape, make] of Object.entries(SHAPES)) {
    for (const options of [
      { token: make() },
      { accessToken: make(), url: URL },
      { send: { token: make() } },
      { join: { password: make() } },
      { reconnect: { authorization: make() } },
      { queue: { key: make() } },
      { __proto__: null, cookie: make() },
    ]) {
      assert.equal(
        refusedSilently(() => createClient(options), shape),
        1,
      );
    }
  }
});

test('no exception about a value that is no options object shows it', (t) => {
  freshModule(t);
  for (const [shape, make] of Object.entries(SHAPES)) {
    refusedSilently(() => createClient(make()), shape);
    refusedSilently(() => {
      api.configureSocket(make());
      return null;
    }, `configureSocket ${shape}`);
  }
});

test('no exception about a url that cannot be used shows it', () => {
  for (const url of [`http://[${SECRET}`, `http://x:y:${SECRET}/?a`, `//?token=${SECRET}`]) {
    refusedSilently(() => createClient({ url, logger: null }), url);
  }
});

test('no exception about send options shows a value', async (t) => {
  const made = createClient({ url: URL, logger: null });
  t.after(() => made.destroy());
  const names = ['id', 'lane', 'durable', 'strict', 'ttlMs', 'signal', 'way', 'key', 'repeat'];
  names.push('ackTimeoutMs', 'token');
  let count = 0;
  for (const name of names) {
    for (const [shape, make] of Object.entries(SHAPES)) {
      const sent = made.send('x', {}, { [name]: make() });
      if (!sent) continue;
      sent.catch((error) => {
        if (error.code !== 'INVALID_OPTION') return;
        count += 1;
        assertSilent(error, `${name}: ${shape}`);
      });
    }
  }
  for (const [shape, make] of Object.entries(SHAPES)) {
    if (typeof make() === 'string') continue;
    await assert.rejects(made.send(make(), {}), (error) => {
      assertSilent(error, shape);
      return true;
    });
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(count > 50, `${count} were refused`);
});

/** All that the console was told. */
function watchConsole(t) {
  const said = [];
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
    t.mock.method(console, name, (...all) => said.push(all.map((one) => inspect(one)).join(' ')));
  }
  return said;
}

for (const [name, fail] of [
  [
    'throws',
    () => {
      throw new Error(`401 for ${SECRET}`);
    },
  ],
  ['rejects', async () => Promise.reject(new Error(`401 for ${SECRET}`))],
  ['rejects with a text', async () => Promise.reject(`401 for ${SECRET}`)],
  [
    'rejects with an object',
    async () => Promise.reject({ config: { headers: { authorization: SECRET } } }),
  ],
  ['answers a text', () => SECRET],
  ['answers a list', () => [SECRET]],
]) {
  test(`an auth that ${name} with a token in it is reported to onError, and not logged`, async (t) => {
    const said = watchConsole(t);
    const errors = [];
    let calls = 0;
    await start(t, {
      logger: undefined,
      onError: (error) => errors.push(error),
      auth: (...args) => {
        calls += 1;
        return calls < 3 ? fail(...args) : {};
      },
    });
    api.initializeSocket('u1');
    await ready();
    assert.equal(errors.length, 2);
    for (const { code, message } of errors) {
      assert.equal(code, 'AUTH_FAILED');
      assert.equal(message.includes('s3cr3t'), false, message);
    }
    assert.equal(said.length, 1, 'that it failed is logged once');
    assert.equal(said.join().includes('s3cr3t'), false, said.join());
  });
}

test('no payload, token or id is in the log by default, whatever goes wrong', async (t) => {
  const said = watchConsole(t);
  freshModule(t);
  const server = await startChatServer(t);
  const made = client(t, server, {
    logger: undefined,
    userId: `u-${SECRET}`,
    auth: { token: SECRET },
    io: { query: { token: SECRET }, timeout: 5 },
    send: { retries: 0 },
  });
  server.hooks.message = ({ ack }) => ack({ error: 'NO', echo: SECRET });
  made.connect();
  const sent = made.send('send_message', { text: SECRET }, { id: SECRET });
  await assert.rejects(sent, { code: 'NO' });
  server.io.emit('force_logout', { reason: SECRET });
  await until(() => !made.getState().isConnected, 'forced out');
  assert.ok(said.length > 0);
  assert.equal(said.join().includes('s3cr3t'), false, said.join('\n'));
});

test('a failing auth is logged with the kind of its error', async (t) => {
  freshModule(t);
  const said = watchConsole(t);
  const made = createClient({
    url: 'http://127.0.0.1:1',
    auth() {
      throw new TypeError(`no session: ${SECRET}`);
    },
  });
  t.after(() => made.destroy());
  made.connect();
  await until(() => said.length > 0, 'it is logged');
  assert.match(said.join(), /auth failed with TypeError/);
  assert.doesNotMatch(said.join(), new RegExp(SECRET));
});
