// Schemas for what clients send. The message of an issue is the code of the refusal.

import { z } from 'zod';
import { personOf } from './people.js';
import { Refusal } from './refusal.js';

const MAX_CONTENT_LENGTH = 4000;
const MAX_ID_LENGTH = 200;
const MAX_PAGE = 1000;
const LAST = Number.MAX_SAFE_INTEGER;

const recipient = z
  .string({ error: ({ input }) => missing(input, 'MISSING_RECIPIENT', 'INVALID_RECIPIENT') })
  .refine((id) => personOf(id) !== undefined, { error: 'NOT_FOUND' });

const content = z
  .string({ error: ({ input }) => missing(input, 'EMPTY_CONTENT', 'INVALID_CONTENT') })
  .max(MAX_CONTENT_LENGTH, { error: 'INVALID_CONTENT' })
  .refine(isStorable, { error: 'INVALID_CONTENT' })
  .refine((text) => text.trim() !== '', { error: 'EMPTY_CONTENT' });

const tempId = z
  .string({ error: 'INVALID_MESSAGE_ID' })
  .min(1, { error: 'INVALID_MESSAGE_ID' })
  .max(MAX_ID_LENGTH, { error: 'INVALID_MESSAGE_ID' })
  .refine(isStorable, { error: 'INVALID_MESSAGE_ID' })
  .nullish();

export const SocketMessage = z
  .object({ recipientId: recipient, content, _tempId: tempId }, { error: 'INVALID_MESSAGE' })
  .transform(({ recipientId, ...rest }) => ({ recipient: recipientId, ...rest }));

export const PostedMessage = z.object(
  { recipient, content, _tempId: tempId },
  { error: 'INVALID_MESSAGE' },
);

export const Typing = z.object(
  { recipientId: recipient, isTyping: z.boolean({ error: 'INVALID_TYPING' }).default(true) },
  { error: 'INVALID_RECIPIENT' },
);

export const Login = z.object(
  { userId: z.string({ error: 'NOT_FOUND' }).refine(personOf, { error: 'NOT_FOUND' }) },
  { error: 'INVALID_REQUEST' },
);

/** The id of a person or of a notification, in a path. */
export const Person = z.string().refine(personOf, { error: 'NOT_FOUND' });
export const Seq = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, { error: 'NOT_FOUND' })
  .transform(Number);

export const Page = z.object({ before: count(1, LAST, LAST), limit: count(1, MAX_PAGE, 50) });
export const Since = z.object({ after: count(0, LAST, 0) });

/**
 * @template T
 * @param {z.ZodType<T>} schema
 * @param {unknown} value
 * @returns {T}
 * @throws {Refusal} with the code of the first thing that is wrong
 */
export function read(schema, value) {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal(result.error.issues[0].message);
}

function missing(input, ifMissing, otherwise) {
  return input === undefined ? ifMissing : otherwise;
}

/** Whether every database returns the text unchanged: no zero byte, no lone surrogate. */
function isStorable(text) {
  return !text.includes('\0') && text.isWellFormed();
}

/** A whole number in a query. A number above the maximum counts as the maximum. */
function count(lowest, highest, otherwise) {
  return z
    .string({ error: 'INVALID_QUERY' })
    .regex(/^\d{1,16}$/, { error: 'INVALID_QUERY' })
    .transform((digits) => Math.min(Number(digits), highest))
    .refine((number) => number >= lowest, { error: 'INVALID_QUERY' })
    .default(otherwise);
}
