import type { Client } from './index.d.ts';

/**
 * Configures what is recorded. Call it before the first client is made: `maxBytes` applies to clients that are made afterwards,
 * and `payloads` to messages that are sent afterwards.
 *
 * @param options.maxBytes the limit of memory for one recording, in bytes. Default: 33554432 (32 MB, about 100,000 messages).
 *   At the limit the recording ends: it keeps what it has, and the inspector shows a note.
 * @param options.payloads whether payloads are kept beside the recording. Default: `false`. An exported file contains them
 *   only if the export asks for them as well.
 * @throws {HoldfastError} `INVALID_OPTION` for a value that an option does not take; nothing changes then.
 */
export function configureInspector(options: { maxBytes?: number; payloads?: boolean }): void;

/**
 * Adds the event names and ids of a client's messages to its recording, from now on. The steps of every client are recorded
 * without this call. No call is needed for these clients:
 *
 * - the client of `holdfast/socket`, which a `SocketProvider` without the property `client` uses too
 * - the `client` that `openInspector` gets
 * - the `client` of the element `<holdfast-inspector>` or of the component `Inspector`
 *
 * Call it for each other client of `createClient`, also for one that the user chooses in the panel.
 *
 * @returns a function that stops adding them.
 * @throws {TypeError} if `client` is not a client.
 */
export function inspect(client: Client | object): () => void;

/**
 * Shows the inspector, docked at the bottom of the page. A second call returns to the same panel.
 *
 * @param options.client the client to show first, or its Socket. Default: the first one of the page.
 * @param options.theme the colors. Default: those that the system prefers.
 * @returns a function that closes the panel. Recording continues.
 */
export function openInspector(options?: {
  client?: Client | object | undefined;
  theme?: 'light' | 'dark' | undefined;
}): () => void;

/**
 * Exports the recording of a client as a file, for a bug report. The inspector opens the file, and `cargo xtask replay FILE`
 * plays it natively. It contains event names, ids, and unkeyed hashes of users' names, so treat it like a log. It contains
 * payloads only if `options.payloads` is set.
 *
 * @param client the client, or its Socket. Default: the client that was made last.
 * @param options.payloads whether to include the payloads that `configureInspector({ payloads: true })` kept. Default: `false`.
 * @throws {Error} if nothing was recorded.
 */
export function exportRecording(
  client?: Client | object,
  options?: { payloads?: boolean },
): Promise<Blob>;

/** A file is not a recording that this version can read. The message says why. */
export class RecordingError extends Error {}

/**
 * The element `<holdfast-inspector>`. Importing this entry defines it. Its attributes: `inline` places it where it stands in the
 * page, instead of docking it; `theme` is `light` or `dark` (default: the one that the system prefers); `collapsed` makes it
 * begin as a small button.
 */
export class InspectorElement extends HTMLElement {
  /** The client to show first, or its Socket. Its messages get their event names and ids. */
  client: Client | object | null;
}

declare global {
  interface HTMLElementTagNameMap {
    'holdfast-inspector': InspectorElement;
  }
}
