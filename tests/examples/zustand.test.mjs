import test from 'node:test';
import { survives } from './example.mjs';

test('zustand shows each message once over a killed server and a reload', (t) =>
  survives(t, 'zustand'));
