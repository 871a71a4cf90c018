/**
 * A TextDecoder for the wasm glue, which makes one as soon as it is loaded. Jest's jsdom has none, and
 * an import that throws there would break every test of an app. All that the glue decodes is the text
 * of its own few exceptions, which is ASCII.
 */
export class TextDecoder {
  /** @param {Uint8Array} [bytes] */
  decode(bytes = new Uint8Array()) {
    return String.fromCharCode(...bytes);
  }
}
