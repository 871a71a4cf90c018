// The proxy that the demo's lab uses to break connections.

export { createProxy } from '../../js-demo/lab/proxy.js';
