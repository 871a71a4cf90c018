/** Plays a recording through the replay module. */

import { STEP } from './recording.js';

/**
 * @typedef {import('./replay.d.ts').Player} Player
 * @typedef {import('./replay.d.ts').View} View
 * @typedef {import('./replay.d.ts').Step} Step
 * @typedef {Pick<typeof import('./replay.d.ts'), 'Player' | 'panicText' | 'panicStep'>} Replay
 * @typedef {ReturnType<typeof createPlayback>} Playback
 * @typedef {{ step: number, text: string }} Panic where the client panicked, and how
 */

/** How many steps are played in one call of the module. */
const TURN = 4_096;

/**
 * A player of one recording. It begins at the start, and can only go forward.
 * @param {import('./recording.js').Recording} recording
 * @param {Replay} replay
 * @param {Panic | null} [known] where another playback of the recording panicked: this one stops there without a panic, each of
 *   which takes stack of the module for good
 */
export function createPlayback(recording, replay, known = null) {
  const { wall, running, seed } = recording.start;
  const player = new replay.Player(wall, running, seed);
  const reader = recording.reader();
  let position = 0;
  /** Where the client panicked. The player must not be called after it. @type {Panic | null} */
  let panic = null;
  let isBroken = false;
  /** The client's state when it was last asked for. @type {View | null} */
  let view = null;
  let isViewOld = true;

  /** @template T @param {() => T} call @returns {T | undefined} nothing if the client panics */
  const guarded = (call) => {
    if (panic) return undefined;
    try {
      return call();
    } catch (error) {
      const text = replay.panicText();
      // An error without a panic is a bug of the replay.
      if (text === undefined) throw error;
      isBroken = true;
      stop({ step: replay.panicStep(), text });
      return undefined;
    }
  };

  const stop = (/** @type {Panic} */ at) => {
    panic = at;
    position = at.step + 1;
  };

  const look = () => {
    if (isViewOld && !isBroken) {
      view = player.view();
      isViewOld = false;
    }
    return view;
  };

  const advance = (/** @type {Float64Array} */ steps) => {
    for (let at = 0; at < steps.length && !panic; ) {
      const played = guarded(() => player.advance(steps.subarray(at)));
      if (played === undefined) return;
      isViewOld = true;
      position += played;
      at += played * STEP;
    }
  };

  return {
    /** The number of steps played. */
    position: () => position,
    panic: () => panic,

    /** Plays up to a step, inclusive. Without `last`, plays to the newest one. @param {number} [last] */
    playTo(last = Infinity) {
      while (position <= last && !panic) {
        if (known?.step === position) return stop(known);
        const end = Math.min(last, (known?.step ?? Infinity) - 1);
        const steps = reader.next(Math.min(TURN, end - position + 1));
        if (steps.length === 0) return;
        const newest = steps.length - STEP;
        // The recorded client trapped at this step, so this one may panic there. Read its state first.
        const isTrap = Number.isNaN(steps[newest + 3]);
        advance(isTrap ? steps.subarray(0, newest) : steps);
        if (isTrap) {
          look();
          advance(steps.subarray(newest));
        }
      }
    },

    /** Plays the next step, and describes it. @returns {Step | undefined} nothing at the end, and if the client panics */
    next() {
      if (panic) return undefined;
      if (known?.step === position) {
        stop(known);
        return undefined;
      }
      const step = reader.next(1);
      if (step.length === 0) return undefined;
      if (Number.isNaN(step[3])) look();
      const described = guarded(() => player.step(step));
      if (!described) return undefined;
      isViewOld = true;
      position += 1;
      return described;
    },

    /** The client's state after the last step that was played, or before a panic. @returns {View | null} */
    view: look,

    free() {
      if (!isBroken) player.free();
    },
  };
}
