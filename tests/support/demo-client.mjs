// Clients of the demo's server: plain socket.io-client, and fetch.

import assert from 'node:assert/strict';
import { io } from 'socket.io-client';
import { atEnd } from './at-end.mjs';

/**
 * Connects a client that has joined its user's room. `seen` records the incoming events by name, `send` sends a message.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ url: string, login: (userId: string) => Promise<string> }} demo
 * @param {string} userId
 */
export async function join(t, demo, userId, options = {}) {
  const auth = { token: await demo.login(userId) };
  const client = io(demo.url, { auth, forceNew: true, transports: ['websocket'], ...options });
  atEnd(t, () => client.disconnect());
  client.seen = {};
  client.onAny((event, data) => {
    client.seen[event] ??= [];
    client.seen[event].push(data);
  });
  client.send = (data) => client.timeout(10_000).emitWithAck('send_message', data);
  const joined = new Promise((resolve) => client.once('room:joined', resolve));
  client.emit('join', userId);
  assert.deepEqual(await joined, { room: `user_${userId}`, userId, socketId: client.id });
  return client;
}

/**
 * Sends one request to the REST interface.
 *
 * @param {{ url: string }} demo
 * @param {string} path
 * @param {{ method?: string, token?: string, body?: unknown }} [options] a body other than a string is sent as JSON
 * @returns {Promise<{ status: number, body: any, headers: Headers }>}
 */
export async function request(demo, path, { method = 'GET', token, body } = {}) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(demo.url + path, { method, headers, body: text });
  const answer = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    body: isJson ? JSON.parse(answer) : answer,
    headers: response.headers,
  };
}
