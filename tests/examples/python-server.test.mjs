import test from 'node:test';
import { prepareServer } from '../support/servers.mjs';
import { survives } from './example.mjs';

// The example installs what these tests install.
const skip = await prepareServer('python-socketio asgi');

test('python-server saves each message once over a kill and a reload', { skip }, (t) =>
  survives(t, 'python-server'),
);
