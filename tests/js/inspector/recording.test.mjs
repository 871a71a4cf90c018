// A recording returns the numbers that were noted, keeps its limit of memory, and survives being written to a file.

import assert from 'node:assert/strict';
import test from 'node:test';
import { RecordingError, read, write } from '../../../pkg-template/inspector/file.js';
import { createRecording, STEP } from '../../../pkg-template/inspector/recording.js';

const START = { wall: 1_790_000_000_000, running: 12.5, seed: 0.25 };

/** Steps with each count of numbers, with clocks that move and that stand, and with numbers that JSON cannot write. */
function stepsOf(count) {
  return Array.from({ length: count }, (_, nth) => {
    const numbers = [nth, -1, 0.5, Infinity, -Infinity, 2 ** 52].map((number, at) =>
      at < nth % 7 ? number : NaN,
    );
    const wall = START.wall + Math.trunc(nth / 3);
    const answer = [0, -Infinity, 2 ** 52 + nth, -4][nth % 4];
    return [nth % 84, wall, START.running + Math.trunc(nth / 3) * 1.1, answer, ...numbers];
  });
}

const recorded = (steps, maxBytes) => {
  const recording = createRecording('client', START, maxBytes);
  for (const [what, wall, running, answer, ...numbers] of steps) {
    recording.note(what, wall, running, answer, ...numbers);
  }
  return recording;
};

const stepsIn = (recording) => {
  const all = Array.from(recording.reader().next(recording.length + 1));
  return Array.from({ length: all.length / STEP }, (_, nth) =>
    all.slice(nth * STEP, (nth + 1) * STEP),
  );
};

test('steps are read as they were noted, across chunks and with clocks that stand still', () => {
  const steps = stepsOf(20_000);
  assert.deepEqual(stepsIn(recorded(steps)), steps);
});

test('a reader also reads steps that are noted later', () => {
  const [first, second, third] = stepsOf(3);
  const recording = recorded([first]);
  const reader = recording.reader();
  assert.deepEqual([...reader.next(9)], first);
  assert.equal(reader.next(9).length, 0);
  for (const [what, wall, running, answer, ...numbers] of [second, third])
    recording.note(what, wall, running, answer, ...numbers);
  assert.deepEqual([...reader.next(1)], second);
  assert.deepEqual([...reader.next(9)], third);
});

test('a full recording keeps its steps and is marked as full', () => {
  const steps = stepsOf(50_000);
  const recording = recorded(steps, 1_000_000);
  assert.equal(recording.isFull, true);
  assert.ok(recording.bytes() <= 1_000_000, `${recording.bytes()} bytes`);
  assert.ok(recording.length > 10_000, `${recording.length} steps`);
  assert.deepEqual(stepsIn(recording), steps.slice(0, recording.length));
});

test('a file is read as it was written', async () => {
  const steps = stepsOf(30_000);
  const trap = [22, START.wall + 10_001, 9_999.25, NaN, 1, NaN, NaN, NaN, NaN, NaN];
  const recording = recorded([...steps, trap]);
  recording.labels.set(2 ** 52, { event: 'send_message', id: 'a', data: [{ text: 'secret' }] });
  const blob = await write(recording, { version: '1.2.3' });
  const text = await blob.text();
  assert.doesNotMatch(text, /secret/, 'payloads are left out');
  const again = read(text);
  assert.deepEqual(stepsIn(again), [...steps, trap]);
  assert.deepEqual(again.start, START);
  assert.deepEqual(again.labels.get(2 ** 52), { event: 'send_message', id: 'a', data: undefined });
  assert.equal(again.isFull, false);
  const whole = await (await write(recording, { version: '1.2.3', payloads: true })).text();
  assert.match(whole, /secret/, 'payloads are included on request');
});

test('a recording without steps can be written and read', async () => {
  const text = await (await write(recorded([]), { version: '1.2.3' })).text();
  assert.equal(read(text).length, 0);
});

const fileOf = (steps, labels = []) =>
  JSON.stringify({
    format: 'holdfast recording',
    version: 1,
    module: 'client',
    isWhole: true,
    start: START,
    labels,
    steps,
  });

test('invalid labels of a file are left out', () => {
  const { labels } = read(fileOf([], [null, 5, { seq: 'x' }, { seq: 7, event: {}, id: 'a' }]));
  assert.deepEqual([...labels], [[7, { event: undefined, id: 'a', data: undefined }]]);
});

test('an invalid file is refused with the reason', () => {
  const refused = [
    ['no json', /not JSON/],
    ['{}', /not a recording of holdfast/],
    [
      '{"format":"holdfast recording","version":7}',
      /has version 7; this inspector reads version 1/,
    ],
    ['{"format":"holdfast recording","version":1}', /start or its steps are missing/],
    [
      '{"format":"holdfast recording","version":1,"module":"client","isWhole":true,"start":{"wall":1,"running":1,"seed":1},"steps":[[1,"x",2,3]]}',
      /not a list of numbers/,
    ],
    ...[-1, 1.5, 999, null].map((what) => [
      fileOf([[what, null, null, 0]]),
      /nothing that is known/,
    ]),
  ];
  for (const [text, reason] of refused) {
    assert.throws(
      () => read(text),
      (error) => error instanceof RecordingError && reason.test(error.message),
    );
  }
});
