/**
 * The interface of the replay module (`replay/src/`, compiled to WebAssembly). Times are milliseconds since the client was
 * made, by the client's own clock. `n` numbers the messages of a recording from 1.
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

/** One crossing of the border: a command or a fact, and the client's answer. */
export interface Step {
  /** The step's index, from 0. */
  index: number;
  at: number;
  /** The name of the command or fact: 'send', 'acked', 'poll', … */
  told: string;
  numbers: { name: string; value: number }[];
  answer: number | null;
  /** The order that a poll returned. */
  order: { name: string; numbers: { name: string; value: number }[] } | null;
  /** One sentence in plain English. */
  says: string;
  /** A `command` or `fact` goes to the client, an `order` comes from it, and a `question` changes nothing. */
  kind: 'command' | 'fact' | 'question' | 'order' | 'timer' | 'nothing';
  /** The `n` of the message that it is about. */
  message: number | null;
  /** Whether the client's answer is the recorded one. */
  agrees: boolean;
}

/** Why a message waits. `until` is when the wait ends at the latest, if known. */
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
  /** The number of the transmission, from 1, for `left` and the answers to it. Else 0. */
  attempt: number;
}

export interface Message {
  n: number;
  /** The message's number at the border. The keys of `labels` are these. */
  seq: number;
  /** The number of its event; `eventNames` has the name. 0 stands for events about which the client remembers nothing. */
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
  /** Its result: 'SUCCESS' or the code, and the proof of a success. */
  result: { code: string; by: 'ack' | 'receipt' | 'echo' | null; maybeDelivered: boolean } | null;
  marks: Mark[];
}

export interface View {
  /** The number of steps played. */
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
  /** Whether the link is authorized for the user whose messages wait. */
  isAuthorized: boolean;
  /** Whether the storage is open, so that messages survive a reload. */
  isSaving: boolean;
  /** The number of this user's other tabs that have announced themselves. */
  tabs: number;
  /** The phases of the link, oldest first, at most the last 500. The present one has `to` null. */
  link: { phase: Phase; epoch: number; from: number; to: number | null }[];
  /** Notable events of the link and the session, one sentence each, at most the last 200. */
  events: { at: number; text: string }[];
  /** Round trips of pings and acknowledgements, at most the last 500. */
  roundTrips: { at: number; ms: number; of: 'ping' | 'message' }[];
  /** All unsettled messages, and the last 300 that settled, in send order. */
  messages: Message[];
  /** The first step at which the client's answer differed from the recorded one. */
  differsAt: number | null;
}

/** Replays a client. The arguments are the `start` of a recording. */
export declare class Player {
  constructor(wall: number, running: number, seed: number);
  /**
   * Plays many steps of ten numbers each: what, wall, running, answer, a, b, c, d, e, f. Returns how many were played. It
   * stops after the first step that differs from the recording.
   */
  advance(steps: Float64Array): number;
  /** Plays one step, and describes it. */
  step(step: Float64Array): Step;
  view(): View;
  free(): void;
}

/** The text of the panic that ended a `Player`. A panic is a bug of the client. */
export declare function panicText(): string | undefined;

/** The step at which the `Player` panicked. */
export declare function panicStep(): number;

/** Instantiates the module. Called once. */
export declare function initSync(options: { module: BufferSource }): unknown;
