// Shared by the hostile tests: rounds of hostile calls, each followed by a check that everything still works.

import assert from 'node:assert/strict';
import { createHostile, faultOf } from '../support/hostile.mjs';

/** `HOLDFAST_SEED` and `HOLDFAST_ROUNDS` choose other ones, and more of them. */
const SEED = Number(process.env.HOLDFAST_SEED ?? 1);
const ROUNDS = Number(process.env.HOLDFAST_ROUNDS ?? 0);

/**
 * @typedef {object} Call something that can be called
 * @property {string} name
 * @property {(...args: any[]) => any} fn
 * @property {unknown[]} [valid] arguments that are right
 * @property {boolean} [isWhole] it takes none
 * @property {boolean} [isForeign] what it throws is not ours
 */

/** All functions of an object, its own and its class's. @returns {Call[]} */
export function callsOf(object, prefix, valid = {}) {
  return Object.entries(object)
    .filter(([, value]) => typeof value === 'function')
    .map(([name, value]) => ({
      name: `${prefix}.${name}`,
      fn: (...args) => value.apply(object, args),
      valid: valid[name],
    }));
}

/**
 * Calls each again and again with what it cannot be meant to get. What it throws or rejects with has to
 * say what to do; after each call `check` has to be content.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} rounds
 * @param {(hostile: ReturnType<typeof createHostile>) => Call} next
 * @param {(call: { name: string, answer: any, error?: unknown }) => unknown} check
 */
export async function attack(t, rounds, next, check) {
  const hostile = createHostile(SEED);
  const count = ROUNDS || rounds;
  t.diagnostic(`HOLDFAST_SEED=${SEED} HOLDFAST_ROUNDS=${count}`);
  let name = 'nothing';
  const rejected = [];
  const notice = (error) => {
    // The runner fails the test by itself, but knows nothing of rounds.
    t.diagnostic(`not caught, in or after ${name}`);
    rejected.push([name, error]);
  };
  process.on('unhandledRejection', notice);
  process.on('uncaughtException', notice);
  t.after(() => {
    process.off('unhandledRejection', notice);
    process.off('uncaughtException', notice);
  });
  for (let round = 0; round < count; round += 1) {
    const call = next(hostile);
    const { name: given, args } = call.isWhole
      ? { name: '', args: [] }
      : hostile.argsFor(call.valid ?? []);
    name = `seed ${SEED}, round ${round}: ${call.name}(${given})`;
    let answer;
    let error;
    try {
      answer = call.fn(...args);
    } catch (thrown) {
      error = thrown ?? 'nothing';
      if (!call.isForeign) assert.equal(faultOf(thrown), undefined, name);
    }
    if (answer instanceof Promise) {
      const asked = name;
      answer.then(undefined, (thrown) => {
        const fault = call.isForeign ? undefined : faultOf(thrown);
        if (fault) rejected.push([asked, fault]);
      });
    }
    await check({ name, answer, error });
    assert.deepEqual(rejected, [], name);
  }
}
