// Jest as most apps run it: jsdom, CommonJS, nothing transformed.
const { addedGlobals, problems } = require('./checks.cjs');

test('this environment lacks what browsers have', () => {
  expect(globalThis.TextDecoder).toBeUndefined();
});

test('requiring does nothing', () => {
  require('socket.io-client');
  jest.useFakeTimers();
  const before = Reflect.ownKeys(globalThis);
  require('holdfast');
  require('holdfast/socket');
  expect(addedGlobals(before)).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('every function works at once', async () => {
  expect(await problems(require('holdfast'), require('holdfast/socket'))).toEqual([]);
});
