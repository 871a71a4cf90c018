/** The error class of the package, and the text of each code. */

/** An error in how the package is used, or in what it runs on. */
export class HoldfastError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'HoldfastError';
    this.code = code;
  }
}

/**
 * Whether an exception is one of the package's own. For a value that the app threw even `instanceof` may throw.
 * @param {unknown} error
 * @returns {error is HoldfastError}
 */
export function isOurs(error) {
  try {
    return error instanceof HoldfastError;
  } catch {
    return false;
  }
}

/** The text of each code. docs/troubleshooting.md lists them for users. */
export const MESSAGES = {
  ACK_TIMEOUT: 'The server did not answer in time',
  NO_RESPONSE: 'The client was closed before the server had answered',
  INVALID_MESSAGE_PAYLOAD: 'This payload cannot be sent',
  PAYLOAD_TOO_LARGE: 'This payload is larger than what may be queued',
  DUPLICATE_ID: 'Another message with this id is still waiting',
  QUEUE_FULL: 'The queue is full: send again later',
  EXPIRED: 'The message expired before it was delivered',
  CANCELLED: 'The message was cancelled',
  LINK_LOST: 'The connection was lost after the message had left',
  LOGGED_OUT: 'The user is logged out',
  CLOSED: 'The client is closed',
  NOT_CONFIGURED: 'Call configureSocket before sending',
};
