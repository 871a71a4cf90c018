import { useOutbox, useSendMessage, useSocketEvent } from 'holdfast/react';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import { messagesReducer, NOTHING, rowsOf } from '../utils/messages.js';
import { noteLive, notePage } from '../utils/socket.js';

/**
 * The messages of all conversations, as far as they were loaded or received, and the messages that are being sent. Use it
 * in a component that stays mounted, because the waiting messages are lost with it.
 *
 * @param {{ _id: string, username: string }} me
 */
export default function useMessages(me) {
  const [known, dispatch] = useReducer(messagesReducer, NOTHING);
  const { messages: sending, send, retry, dismiss } = useSendMessage();
  const outbox = useOutbox();
  /** The time at which each message was written. */
  const composedAt = useRef(new Map()).current;

  const receive = useCallback((message) => {
    noteLive(message);
    dispatch({ type: 'received', messages: [message] });
  }, []);
  useSocketEvent('message:new', receive);
  // Messages that the same user wrote on another device.
  useSocketEvent('message:sent', receive);
  useSocketEvent('message:read', ({ by, with: withId, upTo }) => {
    if (withId === me._id) dispatch({ type: 'read', peerId: by, upTo });
  });

  // A message that the server has saved is handled like any other.
  useEffect(() => {
    for (const { id, data, status, reply } of sending) {
      if (status !== 'sent') continue;
      receive({
        _id: String(reply.messageId),
        seq: reply.seq ?? Number(reply.messageId),
        sender: me,
        recipient: { _id: data.recipientId },
        content: data.content,
        createdAt: composedAt.get(id),
        _tempId: id,
      });
      dismiss(id);
    }
  }, [sending, me, composedAt, dismiss, receive]);

  const onFetched = useCallback((action) => {
    notePage(action.messages);
    dispatch({ ...action, type: 'fetched' });
  }, []);

  const waits = useMemo(() => new Map(outbox.map((one) => [one.id, one])), [outbox]);

  return {
    sending,
    waits,
    hasOlder: (peerId) => known.hasOlder[peerId],
    rows: (peerId) => rowsOf(known, sending, { me: me._id, peerId, composedAt, waits }),
    onFetched,
    /** Returns the message in its current state. */
    send(recipientId, content) {
      const sent = send({ recipientId, content });
      composedAt.set(sent.id, new Date().toISOString());
      return sent;
    },
    retry,
    dismiss,
  };
}
