// The public types of `holdfast/alias`, which are those of `holdfast/io`. An app whose bundler takes it for
// `socket.io-client` is checked against the types of socket.io-client: nothing has to be told to TypeScript.

export * from './io.js';
export { default } from './io.js';
