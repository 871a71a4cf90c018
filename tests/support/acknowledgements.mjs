// The meaning of each acknowledgement. The tests of the client and of the deduplicator use the same table.

/**
 * @typedef {object} Row
 * @property {unknown[]} ack the arguments of the acknowledgement
 * @property {boolean} isAccepted
 * @property {unknown} [reply] the reply that the client's app receives
 * @property {string} [code] the code of a refusal
 * @property {string} [message] the message of a refusal
 */

const UNEXPLAINED = 'The server refused the message';
const saved = { messageId: 'm1' };
const page = { next: 2 };

/** @returns {Row[]} */
export const acknowledgements = () => [
  { ack: [], isAccepted: true, reply: undefined },
  ...[null, {}, saved, true, false, 0, '', 'ok', 'Username is taken', ['a'], { error: null }].map(
    (reply) => ({ ack: [reply], isAccepted: true, reply }),
  ),
  ...[{ success: true }, { ok: true }, { status: 'ok' }, { error: '', code: 'FINE' }].map(
    (reply) => ({ ack: [reply], isAccepted: true, reply }),
  ),
  // Several arguments.
  { ack: [null, saved], isAccepted: true, reply: saved },
  { ack: [null, saved, page], isAccepted: true, reply: [saved, page] },
  { ack: [null, null], isAccepted: true, reply: null },
  { ack: ['ok', saved], isAccepted: true, reply: ['ok', saved] },
  { ack: ['ERR', page], isAccepted: true, reply: ['ERR', page] },
  { ack: ['boom', null], isAccepted: true, reply: ['boom', null] },
  { ack: [false, page], isAccepted: true, reply: [false, page] },
  { ack: [saved, page], isAccepted: true, reply: [saved, page] },
  { ack: [saved, null], isAccepted: true, reply: [saved, null] },
  { ack: [{ success: true }, null], isAccepted: true, reply: [{ success: true }, null] },
  // A repeat of a message that already took effect.
  ...[
    { success: false, code: 'DUPLICATE_MESSAGE', ...saved },
    { error: 'DUPLICATE_MESSAGE' },
    { error: { code: 'DUPLICATE_MESSAGE' } },
    { error: 'seen before', code: 'DUPLICATE_MESSAGE' },
  ].map((reply) => ({ ack: [reply], isAccepted: true, reply })),
  { ack: [null, { error: 'DUPLICATE_MESSAGE' }], isAccepted: true },
  { ack: [{ error: 'DUPLICATE_MESSAGE' }, null], isAccepted: true },
  // Refusals.
  ...[
    [{ error: 'FORBIDDEN' }, 'FORBIDDEN', 'FORBIDDEN'],
    [{ error: 'no such user', code: 'NOT_FOUND' }, 'NOT_FOUND', 'no such user'],
    [{ error: { code: 'FORBIDDEN', message: 'not yours' } }, 'FORBIDDEN', 'not yours'],
    [{ error: true, code: 'UNAUTHORIZED' }, 'UNAUTHORIZED', UNEXPLAINED],
    [{ error: 'NOT_FOUND', code: 404 }, 'NOT_FOUND', 'NOT_FOUND'],
    [{ success: false, code: 'MISSING_CONTENT' }, 'MISSING_CONTENT', UNEXPLAINED],
    [{ ok: false, code: 'EMPTY_MESSAGE', message: 'say it' }, 'EMPTY_MESSAGE', 'say it'],
    [{ status: 'error', code: 'VALIDATION_ERROR' }, 'VALIDATION_ERROR', UNEXPLAINED],
    [{ success: false }, 'REFUSED', UNEXPLAINED],
    [{ error: {} }, 'REFUSED', UNEXPLAINED],
    [{ ok: false, error: 5 }, 'REFUSED', UNEXPLAINED],
  ].flatMap(([said, code, message]) => [
    { ack: [said], isAccepted: false, reply: said, code, message },
    { ack: [null, said], isAccepted: false, reply: said, code, message },
    { ack: [said, null], isAccepted: false, reply: said, code, message },
    { ack: [said, page], isAccepted: false, reply: [said, page], code, message },
    { ack: [null, said, page], isAccepted: false, reply: [said, page], code, message },
  ]),
  // An Error after it was encoded as JSON.
  { ack: [{}, null], isAccepted: false, reply: {}, code: 'REFUSED', message: UNEXPLAINED },
  {
    ack: [{ code: 'NOT_FOUND' }, null],
    isAccepted: false,
    reply: { code: 'NOT_FOUND' },
    code: 'NOT_FOUND',
    message: UNEXPLAINED,
  },
  {
    ack: [{ error: `E_${'x'.repeat(2 ** 20)}` }],
    isAccepted: false,
    code: `E_${'x'.repeat(98)}`,
    message: `E_${'x'.repeat(2 ** 20)}`,
  },
];

/** A row as text, for the message of a failing assertion. @param {Row} row */
export const told = ({ ack }) => JSON.stringify(ack).slice(0, 200);
