/** `holdfast:wasm`: the module as `wasm-text.js` writes it. `build.mjs` makes it. */
declare const module: string;
export default module;
