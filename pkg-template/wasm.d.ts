/** `holdfast:wasm`: the module, deflated (raw) and in base64. `build.mjs` makes it. */
declare const module: string;
export default module;
