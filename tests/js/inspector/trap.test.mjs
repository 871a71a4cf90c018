// A client that trapped is a client whose recording matters most: it is exported, and the replay says where it trapped.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createPlayback } from '../../../pkg-template/inspector/playback.js';
import { createRecording } from '../../../pkg-template/inspector/recording.js';
import { TOLD } from '../../../pkg-template/shell/numbers.js';
import { until } from '../../support/until.mjs';

/** What the next call of this name does is trap. @type {number | null} */
let trapsAt = null;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const exported = { ...new target(...args).exports };
    const { driver_tell } = exported;
    exported.driver_tell = (...given) => {
      if (given[1] !== trapsAt) return driver_tell(...given);
      trapsAt = null;
      throw new WebAssembly.RuntimeError('unreachable');
    };
    return { exports: exported };
  },
});
const { createClient } = await import('../../../pkg/esm/index.mjs');
const { exportRecording, inspect } = await import('../../../pkg/esm/inspector.mjs');

for (const isInspected of [true, false]) {
  test(`the recording of a client that trapped is exported, ${isInspected ? '' : 'not '}inspected`, async (t) => {
    const errors = [];
    const options = {
      url: 'http://localhost:9',
      logger: null,
      onError: (error) => errors.push(error),
    };
    const client = createClient(options);
    if (isInspected) inspect(client);
    trapsAt = TOLD.open;
    client.connect();
    t.after(() => client.destroy());
    await until(() => errors.length === 1, 'the trap is reported');
    // A client of the next module, which is not the one that trapped.
    const next = createClient(options);
    t.after(() => next.destroy());
    const { steps } = JSON.parse(await (await exportRecording(client)).text());
    assert.deepEqual([steps.at(-1)[0], steps.at(-1)[3]], [TOLD.open, 'trap']);
  });
}

test('a step at which one playback panicked is not played by the next one', () => {
  const recording = createRecording('client', { wall: 0, running: 0, seed: 0 });
  for (let nth = 0; nth < 9; nth += 1) recording.note(nth, 0, 0, 0, NaN, NaN, NaN, NaN, NaN, NaN);
  let panics = 0;
  class Player {
    #played = 0;
    advance(steps) {
      const left = 5 - this.#played;
      this.#played += steps.length / 10;
      if (this.#played <= 5) return steps.length / 10;
      assert.ok(left >= 0);
      panics += 1;
      throw new Error('unreachable');
    }
    view() {
      return { steps: this.#played };
    }
    free() {}
  }
  const replay = { Player, panicText: () => 'a bug', panicStep: () => 5 };
  const first = createPlayback(recording, /** @type {any} */ (replay));
  first.playTo();
  const second = createPlayback(recording, /** @type {any} */ (replay), first.panic());
  second.playTo();
  assert.deepEqual([first.panic(), second.panic()], Array(2).fill({ step: 5, text: 'a bug' }));
  assert.deepEqual([panics, second.position(), second.view()?.steps], [1, 6, 5]);
});
