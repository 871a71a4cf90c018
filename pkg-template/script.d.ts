/** `holdfast:script`: the module as JavaScript, which `build.mjs` makes of what wasm2js wrote. */
declare const instantiate: (imports: object) => object;
export default instantiate;
