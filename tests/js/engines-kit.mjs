// Two builds of the engine get the same input: all their answers and orders have to be equal.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { FIELDS, TOLD } from '../../pkg-template/shell/numbers.js';
import { root } from '../support/paths.mjs';

/** Functions that the engine calls, none of which answers anything. */
export const IMPORTS = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });

/** Makes engines of a module that the build has left. @param {string} name */
export async function compiled(name) {
  const module = new WebAssembly.Module(await readFile(`${root}/target/package/${name}.wasm`));
  return () => new WebAssembly.Instance(module, IMPORTS).exports;
}

/** Mulberry32: the same numbers for a seed. */
function numbersOf(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below;
  };
}

/** Every kind of number that has to cross, where most are such as the shell tells. */
const ODD = [Infinity, -Infinity, Number.NaN, -1, -0.5, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300];

/**
 * Tells both engines the same, and compares what they answer and order.
 * @param {(() => any)[]} makers
 * @param {{ begin: number[], facts: number[], ignored?: number[], fit?(what: number, args: number[]): number[] }} story
 *   what is told first, what after that, the orders that only one of them may have, and what becomes of the arguments
 *   that were drawn
 * @param {number} seed
 * @param {number} steps
 * @returns {{ orders: number, trapped: boolean }} how much was ordered, and whether both trapped at the end
 */
export function compare(makers, story, seed, steps) {
  const { begin, facts, ignored = [], fit = (_, args) => args } = story;
  const pick = numbersOf(seed);
  const whole = (below) => Math.floor(pick(below));
  const engines = makers.map((make) => make());
  let wall = 1e12;
  let orders = 0;
  const at = engines.map(({ driver_new }) => driver_new(wall, 0, 0.5));
  const known = [0, 1];
  const value = () => {
    const kind = whole(20);
    if (kind === 0) return ODD[whole(ODD.length)];
    if (kind < 6) return known[whole(known.length)];
    return kind < 12 ? whole(4) : whole(20_000);
  };
  const run = (what, args) => {
    const answers = engines.map(({ driver_tell }, index) => {
      try {
        const tell = () => driver_tell(at[index], what, wall, wall - 1e12, ...args);
        let answer = tell();
        while (what === TOLD.poll && ignored.includes(answer)) answer = tell();
        return answer;
      } catch {
        return 'trap';
      }
    });
    assert.ok(Object.is(...answers), `seed ${seed}: ${what}(${args}) answers ${answers}`);
    return answers[0];
  };
  for (let step = 0; step < steps; step += 1) {
    wall += whole(3) === 0 ? whole(5_000) : 0;
    const what = begin[step] ?? (whole(3) === 0 ? TOLD.send : facts[whole(facts.length)]);
    const answer = run(what, fit(what, Array.from({ length: 6 }, value)));
    if (answer === 'trap') return { orders, trapped: true };
    if (answer > 0 && known.length < 200) known.push(answer);
    for (let order = 1, polled = 0; order > 0 && polled < 50; polled += 1) {
      order = run(TOLD.poll, Array(6).fill(Number.NaN));
      if (order === 'trap') return { orders, trapped: true };
      if (order > 0) orders += 1;
      const [first, second] = engines.map(({ driver_tell, memory }, index) => {
        const where = driver_tell(at[index], TOLD.fields, wall, 0, 0, 0, 0, 0, 0, 0);
        return [...new Float64Array(memory.buffer, where, FIELDS)];
      });
      assert.deepEqual(second, first, `seed ${seed}: order ${order}`);
    }
  }
  return { orders, trapped: false };
}
