import test from 'node:test';
import { survives } from './example.mjs';

test('vite-chat delivers each message once over a killed server and a reload', (t) =>
  survives(t, 'vite-chat'));
