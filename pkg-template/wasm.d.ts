/** `holdfast:wasm`: the module as `wasm-text.js` writes it, and the one to read it. `build.mjs` makes both. */
declare const module: string;
export default module;
export declare const reader: string;
