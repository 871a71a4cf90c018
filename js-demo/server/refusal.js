// The refusals of the server, with their codes and texts.

/** Code, HTTP status, text. */
const CODES = {
  INVALID_MESSAGE: [400, 'A message is an object'],
  MISSING_RECIPIENT: [400, 'The recipient is missing'],
  INVALID_RECIPIENT: [400, 'The recipient is the id of another person'],
  EMPTY_CONTENT: [400, 'The message is empty'],
  INVALID_CONTENT: [400, 'The content is a text of at most 4000 characters, all of them whole'],
  INVALID_MESSAGE_ID: [400, '_tempId is a text of 1 to 200 characters'],
  INVALID_TYPING: [400, 'isTyping is true or false'],
  INVALID_QUERY: [400, 'before, after and limit are whole numbers'],
  INVALID_JSON: [400, 'The request is not JSON'],
  INVALID_REQUEST: [400, 'The request is malformed'],
  UNAUTHORIZED: [401, 'Sign in first'],
  FORBIDDEN: [403, 'That is not your room'],
  NOT_FOUND: [404, 'There is no such thing'],
  METHOD_NOT_ALLOWED: [405, 'That cannot be done here'],
  TOO_LARGE: [413, 'The request is too large'],
  RATE_LIMITED: [429, 'That was too much at once'],
  INTERNAL_ERROR: [500, 'The server failed'],
};

/** Thrown to refuse a request or an event. The client decides by the code whether to try again. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {{ message?: string, retryAfterMs?: number }} [more]
   */
  constructor(code, { message, ...more } = {}) {
    super(message ?? CODES[code]?.[1] ?? 'Refused');
    this.code = code;
    this.status = CODES[code]?.[0] ?? 400;
    this.more = more;
  }

  /** The body of an answer, or of an acknowledgement. */
  get reply() {
    return {
      error: this.message,
      code: this.code,
      timestamp: new Date().toISOString(),
      ...this.more,
    };
  }
}
