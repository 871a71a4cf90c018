// The interface between the inspector's element and its recordings, which are live or come from files.

import type { Step, View } from './replay.js';

/** A message's event name and id, as far as they were recorded. */
export interface Label {
  event?: string | undefined;
  id?: string | undefined;
  /** The payload, if the app asked for payloads. */
  data?: unknown;
}

/** One recording. Indexes of steps count from 0. */
export interface Source {
  /** `client 1`, or the name of a file. */
  title: string;
  /** False for a file. */
  isLive: boolean;
  /** False if the recording is full or began late. `note` then says so. */
  isWhole: boolean;
  note: string | null;
  /** The number of steps that were recorded. */
  length: number;
  /** The keys are `Message.seq`. */
  labels: Map<number, Label>;
  /** The keys are `Message.event`. */
  eventNames: Map<number, string>;
  /** The client's state at the newest step, or at the step of the last `seek`. */
  view(): View;
  /** Goes to a step, and stays there until `follow`. */
  seek(index: number): Promise<View>;
  /** Ends a `seek`: `view` returns the newest step again. */
  follow?(): void;
  /** Describes a step. */
  step(index: number): Promise<Step>;
  /** The index of the next matching step after the current one, or -1. */
  find?(text: string): Promise<number>;
  /** The client's time now, on the scale of `View.at`. */
  now?(): number;
  /** Whether this is the recording of a client or of a Socket's client. If so, its messages are labelled from now on. */
  isOf?(clientOrSocket: unknown): boolean;
  /** The text of the panic that ended the replay. */
  panic?: string | null;
  /** Calls the listener after each change. Returns the function that ends this. */
  subscribe(listener: () => void): () => void;
  export(options?: { payloads?: boolean }): Promise<Blob>;
}

/** All recordings of a page. */
export interface Sources {
  list(): Source[];
  /** The number of clients that were made before the inspector was loaded, and are not recorded. */
  missed?(): number;
  subscribe(listener: () => void): () => void;
  /** Reads a file and adds it to `list()`. @throws {Error} whose message says what is wrong with the file */
  open(file: File): Promise<Source>;
}
