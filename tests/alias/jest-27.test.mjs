// The recipe of docs/alias.md for Jest 27, which does not support `exports`.

import test from 'node:test';
import { install } from '../consumers/consumer.mjs';
import { playInJest } from './kit.mjs';

test('a message that would be lost arrives in Jest 27', async (t) => {
  await playInJest(t, await install('../alias/jest-27'), 'jest.config.cjs, for Jest 27');
});
