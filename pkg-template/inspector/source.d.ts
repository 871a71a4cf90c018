// The interface between the inspector's element and its recordings, live or from files.

import type { Step, View } from './replay.js';

/** The names behind a message's numbers, as far as the recorder kept them. */
export interface Label {
  event?: string | undefined;
  id?: string | undefined;
  /** The payload, only where the app asked for payloads. */
  data?: unknown;
}

/** One recording. Indexes of steps count from 0. */
export interface Source {
  /** `chat.example.com`, or the name of a file. */
  title: string;
  /** False for a file. */
  isLive: boolean;
  /** False if the recording was full or began late; `note` then says so in one sentence. */
  isWhole: boolean;
  note: string | null;
  /** How many steps were recorded so far. */
  length: number;
  /** By `Message.seq`. */
  labels: Map<number, Label>;
  /** By `Message.event`. */
  eventNames: Map<number, string>;
  /** The client at the newest step, or at the step of the last `seek`. */
  view(): View;
  /** Goes to a step. A live recording stays there until `follow`. */
  seek(index: number): Promise<View>;
  /** Ends a `seek` in a live recording: `view` answers the newest step again. */
  follow?(): void;
  /** The step, described. */
  step(index: number): Promise<Step>;
  /** The index of the next step behind the current one that matches, or -1. */
  find?(text: string): Promise<number>;
  /** The client's clock now, in the milliseconds of `View.at`. */
  now?(): number;
  /** Whether this records the given client, or the client with the given Socket. */
  isOf?(clientOrSocket: unknown): boolean;
  /** The text of the panic that ended the replay. */
  panic?: string | null;
  /** Calls the listener after each change. Answers the function that ends this. */
  subscribe(listener: () => void): () => void;
  export(options?: { payloads?: boolean }): Promise<Blob>;
}

/** All recordings of a page. */
export interface Sources {
  list(): Source[];
  /** How many clients were made before the inspector was loaded, and so are not recorded. */
  missed?(): number;
  subscribe(listener: () => void): () => void;
  /** Reads a file. It is in `list()` afterwards. @throws {Error} with a message that says what is wrong with the file */
  open(file: File): Promise<Source>;
}
