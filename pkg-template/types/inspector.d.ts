import type { Client } from './index.d.ts';

/**
 * What the inspector records. Call it before the first client is made; it applies to clients that are made afterwards.
 *
 * @param options.maxBytes what one recording may take in memory, in bytes. Default: 33554432 (32 MB, about 100,000 messages).
 *   A recording that is full has everything up to that step and nothing after it, and says so.
 * @param options.payloads whether payloads are kept beside the recording. Default: `false`. They are in an exported file only
 *   where its export asks for them as well.
 */
export function configureInspector(options: { maxBytes?: number; payloads?: boolean }): void;

/**
 * Has the inspector note the event names and ids of a client of `createClient`, from now on. The client of `holdfast/socket`, and the
 * one that the inspector shows, need no call. Numbers are recorded of every client, with and without it.
 *
 * @returns ends that.
 * @throws {TypeError} where it is no client.
 */
export function inspect(client: Client | object): () => void;

/**
 * Shows the inspector, docked at the bottom of the page. A second call shows the same one.
 *
 * @param options.client the client to show first. Default: the one of `holdfast/socket`, or the newest.
 * @param options.theme Default: the system's.
 * @returns closes it; recording goes on.
 */
export function openInspector(options?: {
  client?: Client | object | undefined;
  theme?: 'light' | 'dark' | undefined;
}): () => void;

/**
 * The recording of a client as a file, for a bug report: `cargo xtask replay FILE` plays it natively, and the inspector opens it.
 * It has no payloads unless they are asked for. It has event names, ids and unkeyed hashes of users' names: treat
 * it as you treat a log.
 *
 * @param client Default: the client that was made last.
 * @param options.payloads whether payloads are included, as far as `configureInspector` had them kept. Default: `false`.
 * @throws {Error} where nothing was recorded.
 */
export function exportRecording(
  client?: Client | object,
  options?: { payloads?: boolean },
): Promise<Blob>;

/** A file that cannot be read as a recording. The message says why. */
export class RecordingError extends Error {}

/**
 * The element `<holdfast-inspector>`, defined by importing this entry. Attributes: `inline` places it in the page instead of
 * docking it, `theme` is `light` or `dark` (default: the system's), `collapsed` shows the header alone.
 */
export class InspectorElement extends HTMLElement {
  /** The client to show first, or its Socket. */
  client: Client | object | null;
}

declare global {
  interface HTMLElementTagNameMap {
    'holdfast-inspector': InspectorElement;
  }
}
