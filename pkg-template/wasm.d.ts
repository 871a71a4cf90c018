/** `holdfast:wasm` and `holdfast:io-wasm`: a module as `wasm-text.js` writes it. `build.mjs` makes both. */
declare const text: string;
export default text;
