/** `holdfast:script`: the module as JavaScript, which `build.mjs` makes from the output of wasm2js. */
declare const instantiate: (imports: object) => object;
export default instantiate;
