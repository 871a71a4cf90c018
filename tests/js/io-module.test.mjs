// The module of holdfast/io, which lacks what only a client needs that makes its links itself. About links that are
// followed it decides as the whole engine does.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ORDER, SEND_FLAG, TOLD } from '../../pkg-template/shell/numbers.js';
import { compare, compiled } from './engines-kit.mjs';

/** What the client of a followed Socket is told, by its shell's files. */
const FACTS = [
  ...['send', 'cancel', 'acked', 'measured', 'learn', 'receipt', 'receiptless'],
  ...['begun', 'linkUp', 'greeted', 'over', 'linkDown', 'heard', 'looked', 'timeout', 'page'],
  ...['name', 'said', 'unsaid', 'remember', 'resynced', 'set', 'configure', 'follow'],
].map((name) => TOLD[name]);

/** None of its messages is kept, or comes from an earlier life. */
const UNKEPT = ~(SEND_FLAG.durable | SEND_FLAG.restored);
const STORY = {
  begin: [TOLD.configure, TOLD.follow, TOLD.begun, TOLD.linkUp, TOLD.greeted],
  facts: FACTS,
  // Followers carry out no order to the storage: the whole engine closes at the end of a session what was never open.
  ignored: [ORDER.closeStorage],
  fit(what, args) {
    if (what === TOLD.send) return args.with(2, args[2] & UNKEPT);
    // The attempt that there is.
    return [TOLD.linkUp, TOLD.greeted].includes(what) ? args.with(0, 1) : args;
  },
};

const makers = [await compiled('holdfast'), await compiled('holdfast-io')];

test('told what followers are told, both modules answer and order the same, number for number', () => {
  let [trapped, orders] = [0, 0];
  for (let seed = 1; seed <= 200; seed += 1) {
    const one = compare(makers, STORY, seed, 300);
    trapped += Number(one.trapped);
    orders += one.orders;
  }
  assert.ok(trapped < 20, `${trapped} of 200 ended early`);
  assert.ok(orders > 20_000, `only ${orders} orders`);
});
