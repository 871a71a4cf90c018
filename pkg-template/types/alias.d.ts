// The public types of `holdfast/alias`: those of `holdfast/io`. A bundler resolves `socket.io-client` to this entry, while
// TypeScript goes on to check the app against the types of socket.io-client itself. So TypeScript needs no setting.

export * from './io.js';
export { default } from './io.js';
