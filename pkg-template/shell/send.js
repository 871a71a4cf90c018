/** A message as a promise. */

/** A message that did not take effect, or for which nobody can tell. */
export class DeliveryError extends Error {
  /** @param {import('./deliveries.js').Result} result */
  constructor({ code = '', message, id, maybeDelivered, retryable, reply }) {
    super(message);
    this.name = 'DeliveryError';
    this.code = code;
    this.id = id;
    this.retryable = retryable;
    this.maybeDelivered = maybeDelivered;
    this.reply = reply;
  }
}

/**
 * @param {ReturnType<typeof import('../core.js').makeClient>} client
 * @param {string} event
 * @param {unknown} data
 * @param {import('../types/index.d.ts').SendOptions} [options]
 */
export function send(client, event, data, { signal, ...options } = {}) {
  let id = '';
  const promise = new Promise((resolve, reject) => {
    const cancel = () => client.cancel(id);
    const settled = (/** @type {import('./deliveries.js').Result} */ result) => {
      signal?.removeEventListener('abort', cancel);
      if (result.success) resolve(result.reply);
      else reject(new DeliveryError(result));
    };
    // First, as it may settle at once.
    signal?.addEventListener('abort', cancel, { once: true });
    const taken = client.deliver({ ...options, event, data }, () => {}, settled);
    id = taken.id;
    if (!taken.isTaken) settled(taken.result);
    else if (signal?.aborted) cancel();
  });
  return Object.assign(promise, { id });
}
