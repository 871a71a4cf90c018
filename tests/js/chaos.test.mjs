// The parts of the chaos test (tests/chaos): a seed determines its schedule, and the oracle finds every violation.

import assert from 'node:assert/strict';
import test from 'node:test';
import { kindsFor } from '../chaos/both/faults.mjs';
import * as both from '../chaos/both/oracle.mjs';
import { createRecord, judge, owed } from '../chaos/oracle.mjs';
import { describe, makeSchedule } from '../chaos/schedule.mjs';

const PLAN = { seed: 3, messages: 500, faults: 40, tabs: 2, reloads: 5 };

test('a seed determines one schedule, with every fault and every message', () => {
  const steps = makeSchedule(PLAN);
  assert.deepEqual(describe(steps), describe(makeSchedule(PLAN)));
  assert.notDeepEqual(describe(steps), describe(makeSchedule({ ...PLAN, seed: 4 })));
  const faults = steps.flatMap((step) => step.faults);
  assert.equal(faults.length, 45);
  assert.equal(new Set(faults.map(({ kind }) => kind)).size, 17, 'every kind');
  const sends = steps.flatMap((step) => step.sends);
  assert.equal(
    sends.reduce((sum, n) => sum + n, 0),
    500,
  );
  assert.deepEqual([...new Set(faults.map(({ tab }) => tab))].sort(), [0, 1], 'every tab');
});

/** Two messages of one page that went well, and what a test makes of them. */
function verdict(change = () => {}) {
  const record = createRecord();
  const ids = ['1/a/1', '1/a/2'];
  const settled = ids.map((id) => ({ id, success: true }));
  for (const id of ids) record.ordered.add(id);
  record.loaded('1', 'page', 0);
  record.note('1', { instance: 'page', sent: ids, kept: ids, settled });
  const end = { saved: [...ids], seen: [...ids], living: new Set(['page']), onDisk: 0 };
  change(record, end);
  return judge(record, end).violations.map((text) => text.split(':')[0]);
}

test('a correct run has no violations', () => {
  assert.deepEqual(verdict(), []);
});

for (const [name, change] of [
  ['lost', (_, { saved, seen }) => [saved.pop(), seen.pop()]],
  ['twice', (_, { saved }) => saved.push('1/a/2')],
  ['out of order', (_, { saved }) => saved.reverse()],
  ['foreign', (_, { saved, seen }) => [saved.push('9/a/1'), seen.push('9/a/1')]],
  ['never settled', (record) => record.settled.delete('1/a/1')],
  ['settled twice', (record) => settle(record, { success: true })],
  ['failed', (record) => [record.settled.clear(), settleAll(record, { success: false })]],
  ['left before they were on the disk', (record) => record.note('1', { early: ['1/a/1'] })],
  ['taken from a tab that lives', (record) => record.note('2', { taken: ['1/a/1'] })],
  ['lost for the other side', (_, { seen }) => seen.pop()],
  ['seen twice', (_, { seen }) => seen.push('1/a/2')],
  ['seen out of order', (_, { seen }) => seen.reverse()],
  ['left on the disk', (_, end) => Object.assign(end, { onDisk: 1 })],
]) {
  test(`the oracle reports what is ${name}`, () => assert.deepEqual(verdict(change), [name]));
}

const settle = (record, result, id = '1/a/1') =>
  record.note('1', { instance: 'page', settled: [{ id, ...result }] });
const settleAll = (record, result) => {
  for (const id of record.sent.keys()) settle(record, result, id);
};

test('messages of a closed page must arrive if they were on disk or reported as delivered', () => {
  const record = createRecord();
  const sent = ['1/a/1', '1/a/2', '1/a/3'];
  const settled = [{ id: '1/a/2', success: true }];
  record.note('1', { instance: 'gone', sent, kept: ['1/a/1'], settled });
  assert.deepEqual(owed(record, new Set()), ['1/a/1', '1/a/2']);
  assert.deepEqual(owed(record, new Set(['gone'])), sent);
});

test('a message that a crashing page sent without reporting it is not foreign', () => {
  const change = (record, { saved, seen }) => {
    record.ordered.add('1/a/3');
    saved.push('1/a/3');
    seen.push('1/a/3');
  };
  assert.deepEqual(verdict(change), []);
});

test('another tab may take over a message only after its own tab left it behind', () => {
  const take = (record) => record.note('2', { taken: ['1/a/1'] });
  assert.deepEqual(
    verdict((record) => [record.gone.add('1'), take(record)]),
    [],
  );
  assert.deepEqual(
    verdict((record) => [record.loading.add('1'), take(record)]),
    [],
  );
  assert.deepEqual(
    verdict((record) => [record.loaded('1', 'next'), take(record)]),
    [],
  );
  assert.deepEqual(verdict(take), ['taken from a tab that lives']);
});

test('a tab keeps its order, also across a reload', () => {
  const change = (record, { saved, seen }) => {
    record.loaded('1', 'next');
    record.ordered.add('1/a/3');
    const settled = [{ id: '1/a/3', success: true }];
    record.note('1', { instance: 'next', sent: ['1/a/3'], settled });
    for (const list of [saved, seen]) list.unshift('1/a/3');
  };
  assert.deepEqual(verdict(change), ['out of order', 'seen out of order']);
});

test('a run towards the page has every fault that is possible with its number of processes', () => {
  const plan = { seed: 3, messages: 100, faults: 30, tabs: 1, reloads: 0 };
  for (const [processes, count] of [
    [1, 9],
    [2, 14],
  ]) {
    const faults = makeSchedule(plan, kindsFor(processes)).flatMap((step) => step.faults);
    assert.equal(new Set(faults.map(({ kind }) => kind)).size, count);
  }
});

/** A page that was shown 1 to 4, crashed after 3, and what a test makes of it. */
function toPage(change = () => {}) {
  const log = both.createLog();
  const show = (life, ...numbers) => {
    for (const n of numbers) log.note({ life, at: n * 1000, n });
  };
  const published = new Set([1, 2, 3, 4]);
  log.note({ life: 'a', at: 0, begins: true });
  show('a', 1, 2, 3);
  log.ends('crashed', 3100);
  log.note({ life: 'b', at: 3500, begins: true });
  show('b', 4);
  change({ log, show, published });
  const wrong = both.judge(log, published);
  return both.violationsOf(wrong, log.resyncs).map((text) => text.split(':')[0]);
}

test('a page that received everything once and in order has no violations', () => {
  assert.deepEqual(toPage(), []);
});

for (const [name, change] of [
  ['missed', ({ published }) => published.add(5)],
  ['out of order', ({ show, published }) => published.add(6).add(5) && show('b', 6, 5)],
  ['twice in a life', ({ show }) => show('b', 4)],
  ['twice though noted down', ({ log }) => log.lives[1].shown.unshift({ n: 2, at: 3600 })],
  ['told trimmed', ({ log }) => log.note({ life: 'b', at: 5000, resync: 'trimmed' })],
]) {
  test(`for a page, the oracle reports what is ${name}`, () =>
    assert.deepEqual(toPage(change), [name]));
}

test('an item from just before a crash may be delivered once more, but not after a reload', () => {
  const log = both.createLog();
  const published = new Set([1, 2]);
  const again = (ending) => {
    log.lives.length = 0;
    log.note({ life: 'a', at: 0, begins: true });
    log.note({ life: 'a', at: 1000, n: 1 });
    log.note({ life: 'a', at: 2000, n: 2 });
    log.ends(ending, 2100);
    log.note({ life: 'b', at: 3000, begins: true });
    log.note({ life: 'b', at: 3000, n: 2 });
    return both.judge(log, published);
  };
  assert.deepEqual(again('crashed')['twice across lives'], [2]);
  assert.deepEqual(again('crashed')['twice though noted down'], []);
  assert.deepEqual(again('reloaded')['twice though noted down'], [2]);
});

test('what a page could not report during its reload, the next page reports', () => {
  const log = both.createLog();
  log.note({ life: 'a', at: 0, begins: true });
  log.note({ life: 'a', at: 1, n: 1 });
  const tail = [1, 2].map((n) => ({ n, at: n }));
  log.note({ life: 'b', at: 3, before: { life: 'a', tail } });
  assert.deepEqual(
    log.lives[0].shown.map(({ n }) => n),
    [1, 2],
  );
});

test('an item whose publish was interrupted may arrive once, at any position, or never', () => {
  const cut = (...numbers) =>
    toPage(({ show, published }) => published.add(6) && show('b', 6, ...numbers));
  assert.deepEqual(cut(), []);
  assert.deepEqual(cut(5), []);
  assert.deepEqual(cut(5, 5), ['twice in a life']);
});
