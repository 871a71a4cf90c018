/** `holdfast:wasm` and `holdfast:io-wasm`: a module as text, encoded by `wasm-text.js`. `build.mjs` makes both. */
declare const text: string;
export default text;
