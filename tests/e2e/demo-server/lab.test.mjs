// The demo's lab: the effect of each command, and that everything works again afterwards.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { atEnd } from '../../support/at-end.mjs';
import { readMessages } from '../../support/database.mjs';
import { join } from '../../support/demo-client.mjs';
import { startLab } from '../../support/lab-process.mjs';
import { pkg } from '../../support/paths.mjs';
import { until } from '../../support/until.mjs';

const { createClient } = await import(pathToFileURL(`${pkg}/esm/index.mjs`).href);

const WHOLE = { link: 'up', delayMs: 0, loseAcks: false, refuse: null, server: 'up' };
const HELLO = { recipientId: 'bob', content: 'hello' };

test('the page learns the URL of the lab, and its sockets go through the proxy', async (t) => {
  const lab = await startLab(t);
  const config = await (await fetch(`${lab.url}/config.json`)).json();
  assert.deepEqual(config, { socketUrl: lab.socketUrl, labUrl: lab.labUrl });
  assert.notEqual(new URL(lab.socketUrl).port, new URL(lab.url).port);
  assert.deepEqual(await lab.state(), WHOLE);
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await alice.send(HELLO)).success, true);
});

test('cut ends connections and refuses new ones until restore', async (t) => {
  const lab = await startLab(t);
  const alice = await join(t, behindProxy(lab), 'alice', { reconnectionDelayMax: 50 });
  const lost = new Promise((resolve) => alice.once('disconnect', resolve));
  const refused = new Promise((resolve) => alice.io.once('reconnect_error', resolve));
  assert.deepEqual((await lab.order('cut')).body, { ...WHOLE, link: 'cut' });
  await lost;
  await refused;
  assert.deepEqual((await lab.order('restore')).body, WHOLE);
  await until(() => alice.connected, 'the link is back');
});

test('hang passes no data and closes nothing, and the data arrives after restore', async (t) => {
  const lab = await startLab(t);
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.deepEqual((await lab.order('hang')).body, { ...WHOLE, link: 'hung' });
  const answer = alice.send(HELLO);
  // Connected past the proxy, the server works and saves messages of others.
  const carol = await join(t, lab, 'carol');
  assert.equal((await carol.send(HELLO)).success, true);
  assert.equal(readMessages(lab.database).length, 1);
  assert.ok(alice.connected);
  await lab.order('restore');
  assert.equal((await answer).success, true);
  assert.equal(readMessages(lab.database).length, 2);
});

test('cut and hang can be ended separately, and the other faults stay', async (t) => {
  const lab = await startLab(t);
  await lab.order('refuse', { code: 'FORBIDDEN' });
  await lab.order('delay', { ms: 10 });
  await lab.order('stop');
  const others = { ...WHOLE, refuse: 'FORBIDDEN', delayMs: 10, server: 'down' };
  assert.deepEqual((await lab.order('cut', {})).body, { ...others, link: 'cut' });
  assert.deepEqual((await lab.order('hang', { on: false })).body, { ...others, link: 'cut' });
  assert.deepEqual((await lab.order('cut', { on: false })).body, others);
  assert.deepEqual((await lab.order('hang', { on: true })).body, { ...others, link: 'hung' });
  assert.deepEqual((await lab.order('cut', { on: false })).body, { ...others, link: 'hung' });
  assert.deepEqual((await lab.order('hang', { on: false })).body, others);
  await lab.order('refuse', { code: null });
  await lab.order('start');
  await until(async () => (await lab.state()).server === 'up', 'it is up again');
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await alice.send(HELLO)).success, true);
});

test('a hanging connection that is cut delivers none of the data that it held', async (t) => {
  const lab = await startLab(t);
  const alice = await join(t, behindProxy(lab), 'alice', { reconnection: false });
  const lost = new Promise((resolve) => alice.once('disconnect', resolve));
  await lab.order('hang');
  alice.emit('send_message', HELLO);
  await lab.order('cut');
  await lost;
  assert.deepEqual((await lab.order('restore')).body, WHOLE);
  const again = await join(t, behindProxy(lab), 'alice');
  assert.equal((await again.send({ ...HELLO, content: 'next' })).success, true);
  assert.deepEqual(
    readMessages(lab.database).map(({ content }) => content),
    ['next'],
  );
});

test('delay applies in each direction', async (t) => {
  const lab = await startLab(t);
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await lab.order('delay', { ms: 150 })).body.delayMs, 150);
  const begun = performance.now();
  await alice.emitWithAck('ping');
  assert.ok(performance.now() - begun >= 290);
  assert.equal((await lab.order('restore')).body.delayMs, 0);
});

test('a message whose acknowledgement is lost is saved, and its repeat is not', async (t) => {
  const lab = await startLab(t);
  const bob = await join(t, lab, 'bob');
  const client = createClient({
    url: lab.socketUrl,
    auth: { token: await lab.login('alice') },
    userId: 'alice',
    // This server acknowledges messages, so a receipt alone does not settle one.
    send: { ack: true, ackTimeoutMs: 1000, backoffMs: 50, retries: 50 },
  });
  atEnd(t, () => client.destroy());
  client.connect();
  assert.equal((await lab.order('lose-acks', { on: true })).body.loseAcks, true);
  const sent = client.send('send_message', HELLO);
  await until(() => bob.seen['message:new'], 'the recipient has it');
  await until(() => client.outbox()[0]?.attempts >= 2, 'it leaves once more');
  assert.equal(readMessages(lab.database).length, 1);
  assert.equal((await lab.order('lose-acks', { on: false })).body.loseAcks, false);
  assert.equal((await sent).success, true);
  assert.equal(readMessages(lab.database).length, 1);
  assert.equal(bob.seen['message:new'].length, 1);
});

test('refuse answers every message with the code, over Socket.IO and REST', async (t) => {
  const lab = await startLab(t);
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await lab.order('refuse', { code: 'FORBIDDEN' })).body.refuse, 'FORBIDDEN');
  assert.equal((await alice.send(HELLO)).code, 'FORBIDDEN');
  const token = await lab.login('alice');
  const headers = { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ recipient: 'bob', content: 'x' });
  const posted = await fetch(`${lab.url}/messages`, { method: 'POST', headers, body });
  assert.equal((await posted.json()).code, 'FORBIDDEN');
  await lab.order('refuse', { code: 'RATE_LIMITED' });
  assert.equal((await alice.send(HELLO)).retryAfterMs, 1000);
  assert.equal((await lab.order('refuse', { code: null })).body.refuse, null);
  assert.equal((await alice.send(HELLO)).success, true);
  assert.equal(readMessages(lab.database).length, 1);
});

test('restart kills the server and starts it on the same port, with its faults', async (t) => {
  const lab = await startLab(t);
  const states = await watch(t, lab);
  await lab.order('refuse', { code: 'FORBIDDEN' });
  assert.equal((await lab.order('restart')).body.server, 'starting');
  await until(async () => (await lab.state()).server === 'up', 'it is up again');
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await alice.send(HELLO)).code, 'FORBIDDEN');
  assert.deepEqual(changesOf(states, 'server'), ['up', 'down', 'starting', 'up']);
  assert.deepEqual(changesOf(states, 'refuse'), [null, 'FORBIDDEN']);
});

test('a stopped server stays down until start or restore', async (t) => {
  const lab = await startLab(t);
  for (const order of ['start', 'restore']) {
    assert.equal((await lab.order('stop')).body.server, 'down');
    await assert.rejects(fetch(lab.url));
    assert.equal((await lab.order('stop')).body.server, 'down');
    await lab.order(order);
    await until(async () => (await lab.state()).server === 'up', 'it is up again');
    assert.equal((await fetch(`${lab.url}/people`)).status, 200);
    assert.equal((await lab.order('start')).body.server, 'up');
  }
});

test('a server that is stopped while it starts stays down', async (t) => {
  const lab = await startLab(t);
  await lab.order('restart');
  assert.equal((await lab.order('stop')).body.server, 'down');
  await assert.rejects(fetch(lab.url));
  assert.equal((await lab.state()).server, 'down');
});

test('concurrent commands leave one server and a correct state', async (t) => {
  const lab = await startLab(t);
  const orders = ['restart', 'stop', 'restart', 'start', 'restart', 'restore', 'stop', 'start'];
  await Promise.all(orders.map((name) => lab.order(name)));
  await lab.order('start');
  await until(async () => (await lab.state()).server === 'up', 'it is up in the end');
  const alice = await join(t, behindProxy(lab), 'alice');
  assert.equal((await alice.send(HELLO)).success, true);
  assert.deepEqual(await lab.state(), WHOLE);
});

test('an invalid command is answered with the reason, and changes nothing', async (t) => {
  const lab = await startLab(t);
  for (const [name, body, status, code] of [
    ['delay', undefined, 400, 'INVALID_BODY'],
    ['delay', '{', 400, 'INVALID_BODY'],
    ['delay', {}, 400, 'INVALID_BODY'],
    ['delay', { ms: '5' }, 400, 'INVALID_BODY'],
    ['delay', { ms: -1 }, 400, 'INVALID_BODY'],
    ['delay', { ms: 10_001 }, 400, 'INVALID_BODY'],
    ['delay', { ms: 1.5 }, 400, 'INVALID_BODY'],
    ['lose-acks', { on: 'yes' }, 400, 'INVALID_BODY'],
    ['lose-acks', null, 400, 'INVALID_BODY'],
    ['cut', { on: 'no' }, 400, 'INVALID_BODY'],
    ['hang', null, 400, 'INVALID_BODY'],
    ['refuse', {}, 400, 'INVALID_BODY'],
    ['refuse', { code: 5 }, 400, 'INVALID_BODY'],
    ['refuse', { code: '<b>' }, 400, 'INVALID_BODY'],
    ['refuse', { code: 'X'.repeat(2000) }, 413, 'INVALID_BODY'],
    ['burn', undefined, 404, 'NOT_FOUND'],
  ]) {
    const answer = await lab.order(name, body);
    const what = `${name} ${JSON.stringify(body)}`;
    assert.deepEqual([answer.status, answer.body.code], [status, code], what);
    assert.equal(typeof answer.body.error, 'string', what);
  }
  assert.match((await lab.order('delay', { ms: 'x' })).body.error, /^ms: /);
  assert.deepEqual(await lab.state(), WHOLE);
});

test('other origins may not send commands', async (t) => {
  const lab = await startLab(t);
  const { port } = new URL(lab.url);
  for (const origin of ['https://evil.example', 'null', lab.labUrl, lab.socketUrl]) {
    const answer = await lab.order('restart', undefined, { headers: { origin } });
    assert.deepEqual([answer.status, answer.body.code], [403, 'FORBIDDEN'], origin);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  }
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
    const answer = await lab.order('restore', undefined, { headers: { origin } });
    assert.equal(answer.headers.get('access-control-allow-origin'), origin);
    const asked = { 'access-control-request-method': 'POST', origin };
    const preflight = await fetch(`${lab.labUrl}/delay`, { method: 'OPTIONS', headers: asked });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type');
  }
  assert.equal((await lab.state()).server, 'up');
});

test('the server of the lab ends when the lab is stopped or killed', async (t) => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const lab = await startLab(t);
    const { code } = await lab.stop(signal);
    if (signal === 'SIGTERM') assert.equal(code, 0);
    await until(
      () =>
        fetch(lab.url).then(
          () => false,
          () => true,
        ),
      'the server is gone',
    );
  }
});

test('if its port is taken, the lab prints that and exits', async (t) => {
  const lab = await startLab(t);
  const env = { PORT: new URL(lab.url).port };
  await assert.rejects(
    startLab(t, { env }),
    ({ message }) =>
      message.match(/Cannot listen on 127.0.0.1, port \d+: another program has it/g).length === 1 &&
      /PORT=\d+ cargo xtask demo/.test(message),
  );
  assert.deepEqual(await lab.state(), WHOLE);
});

/** Clients connect through the proxy, and log in directly. */
function behindProxy(lab) {
  return { url: lab.socketUrl, login: lab.login };
}

/** Collects every state that the lab reports from now on. */
async function watch(t, lab) {
  const states = [];
  const controller = new AbortController();
  atEnd(t, () => controller.abort());
  const response = await fetch(`${lab.labUrl}/events`, { signal: controller.signal });
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  (async () => {
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) states.push(JSON.parse(event.replace(/^data: /, '')));
    }
  })().catch(() => {});
  await until(() => states.length > 0, 'the state comes at once');
  return states;
}

/** The values of one part of the state, without consecutive repeats. */
function changesOf(states, name) {
  const values = states.map((state) => state[name]);
  return values.filter((value, n) => n === 0 || value !== values[n - 1]);
}
