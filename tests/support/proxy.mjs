// The lab of the demo breaks links by the same proxy.

export { createProxy } from '../../js-demo/lab/proxy.js';
