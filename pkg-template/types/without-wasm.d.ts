/**
 * The engine as JavaScript, for pages and runtimes in which WebAssembly cannot run. Import it before the first call of the
 * package: `import 'holdfast/without-wasm'`. Everything works then as it does with WebAssembly.
 */
export {};
