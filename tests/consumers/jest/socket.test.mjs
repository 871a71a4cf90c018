// Jest with ES modules.
import { expect, test } from '@jest/globals';
import * as core from 'holdfast';
import * as socket from 'holdfast/socket';
import { problems } from './checks.mjs';

test('every function works at once', async () => {
  expect(await problems(core, socket)).toEqual([]);
});
