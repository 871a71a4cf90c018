/**
 * The inspector. It records every client that the page makes after the import, shows them, and replays recordings. An app
 * that does not import it contains no inspector code.
 */

import version from 'holdfast:version';
import { register } from './core.js';
import { defineInspector, InspectorElement } from './inspector/element/element.js';
import { write } from './inspector/file.js';
import { given } from './inspector/given.js';
import { innerOf, keepPayloads, watch } from './inspector/labels.js';
import { createSources } from './inspector/sources.js';
import { limit, recordingOf, recordings, tap, trappedRecording } from './inspector/tap.js';
import { wasm as ioModule } from './io-module.js';
import { wasm as module } from './module.js';

export { RecordingError } from './inspector/file.js';
export { defineInspector, InspectorElement };

tap(module, 'client');
tap(ioModule, 'followed');
register(watch);

/** Made with the first element, because making it loads the module that plays recordings. @type {ReturnType<typeof createSources> | undefined} */
let sources;
Object.defineProperty(InspectorElement, 'sources', {
  get: () => (sources ??= createSources(version)),
});

const TAG = 'holdfast-inspector';
defineInspector();

/** @type {typeof import('./types/inspector.d.ts').configureInspector} */
export function configureInspector(options) {
  const { maxBytes, payloads } = given(options, ['maxBytes', 'payloads']);
  if (maxBytes !== undefined) limit(maxBytes);
  if (payloads !== undefined) keepPayloads(payloads);
}

/** @type {typeof import('./types/inspector.d.ts').inspect} */
export function inspect(client) {
  const inner = innerOf(client);
  if (!inner)
    throw new TypeError('inspect takes a client that createClient returned, or its Socket');
  return watch(inner);
}

/** @type {typeof import('./types/inspector.d.ts').openInspector} */
export function openInspector(options) {
  const { client, theme } = given(options, ['client', 'theme']);
  const element = /** @type {import('./types/inspector.d.ts').InspectorElement} */ (
    document.querySelector(`body > ${TAG}`) ?? document.createElement(TAG)
  );
  if (client !== undefined) element.client = client;
  if (theme !== undefined) element.setAttribute('theme', theme);
  element.removeAttribute('collapsed');
  if (!element.isConnected) document.body.append(element);
  return () => element.remove();
}

/** @type {typeof import('./types/inspector.d.ts').exportRecording} */
export async function exportRecording(client, options) {
  const { payloads } = given(options, ['payloads']);
  const inner = innerOf(client);
  // A client whose module has died answers no question: the one that trapped shows why.
  const recording = inner
    ? (recordingOf(inner) ?? trappedRecording())
    : recordings[recordings.length - 1];
  if (!recording)
    throw new Error(
      'Nothing was recorded. Import holdfast/inspector before the first client is made',
    );
  return write(recording, { version, payloads });
}
