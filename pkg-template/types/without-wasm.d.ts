/**
 * The engine as JavaScript, for pages and runtimes in which WebAssembly cannot run. Importing this entry is all that is needed,
 * before the first call of the package: `import 'holdfast/without-wasm'`. Everything then works as it does with WebAssembly. It
 * exports nothing.
 * @module
 */
export {};
