/**
 * What the replay module (`replay/src/`, compiled to WebAssembly) answers. Times are milliseconds since the client was
 * made, by the client's own clock. `n` counts the messages of a recording from 1.
 */

export type Phase =
  | 'idle'
  | 'waiting'
  | 'authorizing'
  | 'connecting'
  | 'joining'
  | 'ready'
  | 'suspect'
  | 'closed';

/** One crossing of the border: a command or fact and what followed from it at once. */
export interface Step {
  /** From 0. */
  index: number;
  at: number;
  /** The name of the command or fact: 'send', 'acked', 'poll', … */
  told: string;
  numbers: { name: string; value: number }[];
  answer: number | null;
  /** The order that a poll answered. */
  order: { name: string; numbers: { name: string; value: number }[] } | null;
  /** One sentence in plain English. */
  says: string;
  /** `fact` and `command` come from outside, `order` is what the client wants done, `question` changes nothing. */
  kind: 'command' | 'fact' | 'question' | 'order' | 'timer' | 'nothing';
  /** The messages that it is about, by `n`. */
  message: number | null;
  /** Whether the client answered what was recorded. */
  agrees: boolean;
}

/** What a message waits for, and why. `until` is when that ends at the latest, where it is known. */
export interface Wait {
  why:
    | 'link'
    | 'other-tab'
    | 'owner'
    | 'receipt'
    | 'pace'
    | 'restoring'
    | 'saving'
    | 'older'
    | 'retry'
    | 'server'
    | 'lane'
    | 'window'
    | 'suspect'
    | 'turn'
    | 'answer';
  /** One sentence: 'Message 3 of the same lane goes first.' */
  text: string;
  until: number | null;
}

export interface Mark {
  at: number;
  what: 'sent' | 'joined' | 'restored' | 'saved' | 'left' | 'acked' | 'refused' | 'settled';
  /** Of `left` and the answers to it: the transmission, from 1. */
  attempt: number;
}

export interface Message {
  n: number;
  /** The number that the border has for it; labels are kept by it. */
  seq: number;
  /** The number of its event; labels name it. 0 is any event that nothing is remembered of. */
  event: number;
  lane: number;
  bytes: number;
  way: 'acked' | 'always' | 'received' | 'latest';
  isDurable: boolean;
  isStrict: boolean;
  attempts: number;
  state: 'waiting' | 'in-flight' | 'settled';
  saved: 'memory' | 'saving' | 'disk' | 'other-tab';
  wait: Wait | null;
  /** How it ended: 'SUCCESS' or the code, and what that rests on. */
  result: { code: string; by: 'ack' | 'receipt' | 'echo' | null; maybeDelivered: boolean } | null;
  marks: Mark[];
}

export interface View {
  /** Steps so far. */
  steps: number;
  at: number;
  phase: Phase;
  /** The number of the last attempt to connect. */
  epoch: number;
  nextAttemptAt: number | null;
  queued: number;
  inFlight: number;
  rttMs: number | null;
  lastPongAt: number | null;
  transport: 'websocket' | 'polling' | null;
  receipts: 'unknown' | 'given' | 'off';
  user: 'anonymous' | 'named';
  /** Whether the link speaks for the user whose messages wait. */
  isAuthorized: boolean;
  /** Whether the storage is open: messages survive a reload. */
  isSaving: boolean;
  /** Other tabs of this user that were heard of. */
  tabs: number;
  /** What the link went through, oldest first; the last one is not over, and has `to` null. Bounded to the last 500. */
  link: { phase: Phase; epoch: number; from: number; to: number | null }[];
  /** Why links ended, and what was noticed of them: one sentence each. Bounded to the last 200. */
  events: { at: number; text: string }[];
  /** Round trips of pings and acknowledgements. Bounded to the last 500. */
  roundTrips: { at: number; ms: number; of: 'ping' | 'message' }[];
  /** All that wait, and the last 300 that settled, in send order. */
  messages: Message[];
  /** The first step at which the client answered otherwise than recorded. */
  differsAt: number | null;
}

/** The client, replayed. Made from the start of a recording. */
export declare class Player {
  constructor(wall: number, running: number, seed: number);
  /**
   * Many steps at once, ten numbers each: what, wall, running, answer, a, b, c, d, e, f. Answers how many were played: fewer
   * than given where the client differs from the recording there, for the first time.
   */
  advance(steps: Float64Array): number;
  /** One step, described. */
  step(step: Float64Array): Step;
  view(): View;
  free(): void;
}

/** The text of a panic that ended a `Player`: a bug of the client's. */
export declare function panicText(): string | undefined;

/** The step at which it panicked. */
export declare function panicStep(): number;

/** Makes the one instance of the module. */
export declare function initSync(options: { module: BufferSource }): unknown;
