// The JavaScript that wasm-bindgen makes for the engine, without what loads it.

export { Driver } from '../target/package/holdfast.js';
export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
