/** The part that the entries share, so that the shell and its state exist once. Each entry passes its own wasm module. */

export { makeClient } from './shell/client.js';
export { idOf } from './shell/credentials.js';
export { provide } from './shell/driver.js';
export { HoldfastError, isOurs } from './shell/errors.js';
export { follow, watchConnect } from './shell/follow.js';
export { ioSettings } from './shell/io-options.js';
export { watchManager } from './shell/manager.js';
export { kindOf } from './shell/options.js';
export { copies } from './shell/payload.js';
export { call, report, textOf } from './shell/report.js';
export { cancelled } from './shell/result.js';
export { endpointOf } from './shell/scope.js';
export { sendMessage } from './shell/send-message.js';
export { WAYS, wayOf } from './shell/ways.js';
export { claim, register, replaceClient, shared } from './shell/world.js';
