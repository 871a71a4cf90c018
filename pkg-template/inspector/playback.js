/** A recording, played through the replay module: the newest step of a live one, and any step of any. */

import { STEP } from './recording.js';

/**
 * @typedef {import('./replay.d.ts').Player} Player
 * @typedef {import('./replay.d.ts').View} View
 * @typedef {import('./replay.d.ts').Step} Step
 * @typedef {Pick<typeof import('./replay.d.ts'), 'Player' | 'panicText' | 'panicStep'>} Replay
 * @typedef {ReturnType<typeof createPlayback>} Playback
 */

/** Steps that are played at once. */
const TURN = 4_096;

/**
 * Plays a recording from its start on, and only forward.
 * @param {import('./recording.js').Recording} recording
 * @param {Replay} replay
 */
export function createPlayback(recording, replay) {
  const { wall, running, seed } = recording.start;
  const player = new replay.Player(wall, running, seed);
  const reader = recording.reader();
  let position = 0;
  /** Where the client panicked, and how: nothing calls the player again. @type {{ step: number, text: string } | null} */
  let panic = null;
  /** As the client was at the last step for which it was asked. @type {View | null} */
  let view = null;
  let isViewOld = true;

  /** @template T @param {() => T} call @returns {T | undefined} nothing where the client panics */
  const guarded = (call) => {
    if (panic) return undefined;
    try {
      return call();
    } catch (error) {
      const text = replay.panicText();
      // Whatever else is thrown is a bug of the replay's.
      if (text === undefined) throw error;
      panic = { step: replay.panicStep(), text };
      position = panic.step + 1;
      return undefined;
    }
  };

  const look = () => {
    if (isViewOld && !panic) {
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
    /** How many steps were played. */
    position: () => position,
    panic: () => panic,

    /** Plays up to a step, which is played as well; or up to the newest one. @param {number} [last] */
    playTo(last = Infinity) {
      while (position <= last && !panic) {
        const steps = reader.next(Math.min(TURN, last - position + 1));
        if (steps.length === 0) return;
        const end = steps.length - STEP;
        // The recorded client trapped there: what it knew is looked at first.
        const isTrap = Number.isNaN(steps[end + 3]);
        advance(isTrap ? steps.subarray(0, end) : steps);
        if (isTrap) {
          look();
          advance(steps.subarray(end));
        }
      }
    },

    /** Plays the next step, and describes it. @returns {Step | undefined} nothing at the end, and where the client panics */
    next() {
      if (panic) return undefined;
      const step = reader.next(1);
      if (step.length === 0) return undefined;
      if (Number.isNaN(step[3])) look();
      const described = guarded(() => player.step(step));
      if (!described) return undefined;
      isViewOld = true;
      position += 1;
      return described;
    },

    /** The client at the last step that was played, or before a panic. @returns {View | null} */
    view: look,

    free() {
      if (!panic) player.free();
    },
  };
}
