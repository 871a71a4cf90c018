import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { getMessages } from '../utils/api.js';
import { composeRow, rowsReducer } from '../utils/rows.js';
import { getFreshToken } from '../utils/session.js';
import {
  getMessageQueueLength,
  getSocket,
  onMessageSent,
  onNewMessage,
  sendMessage,
} from '../utils/socket.js';

/**
 * The messages of all conversations, as far as they were opened or came in, and what sends new ones.
 * `peerId` is whose conversation is open; it is read from the server now and after every connection.
 */
export default function useMessages(me, peerId, queueLength) {
  const [rows, dispatch] = useReducer(rowsReducer, []);
  const [loadError, setLoadError] = useState(null);

  const load = useCallback(
    async (signal) => {
      if (!peerId) return;
      try {
        const messages = await getMessages(peerId, await getFreshToken(), signal);
        dispatch({ type: 'received', messages, me });
        setLoadError(null);
      } catch (error) {
        if (!signal?.aborted) setLoadError(error.message);
      }
    },
    [me, peerId],
  );

  // The live events of a time without a connection are gone, so it is read again when one is back.
  useEffect(() => {
    const left = new AbortController();
    const reload = () => load(left.signal);
    const socket = getSocket();
    socket.on('room:joined', reload);
    reload();
    return () => {
      socket.off('room:joined', reload);
      left.abort();
    };
  }, [load]);

  useEffect(() => {
    const receive = (message) => dispatch({ type: 'received', messages: [message], me });
    const offs = [onNewMessage(receive), onMessageSent(receive)];
    return () => {
      for (const off of offs) off();
    };
  }, [me]);

  useRestored(rows, queueLength, load);

  /** Sends a row's message; under its id, so that however often that happens it arrives once. */
  function transmit({ tempId, peerId: recipientId, content }) {
    let isReturned = false;
    let refusal = null;
    sendMessage({ recipientId, content, _tempId: tempId }, (result) => {
      if (result.success) {
        dispatch({ type: 'accepted', tempId, id: result.messageId });
      } else if (!result.queued) {
        // A queued message is no failure: its row shows that it waits.
        const reason = result.message ?? result.error;
        if (!isReturned) refusal = reason;
        dispatch({ type: 'failed', tempId, reason, maybeDelivered: result.maybeDelivered });
      }
    });
    isReturned = true;
    return refusal;
  }

  /** Answers null once the message is accepted for sending, or else why it isn't. */
  function send(content) {
    const row = composeRow(peerId, content);
    dispatch({ type: 'composed', row });
    const refusal = transmit(row);
    if (refusal) dispatch({ type: 'withdrawn', tempId: row.tempId });
    return refusal;
  }

  function retry(row) {
    dispatch({ type: 'retried', tempId: row.tempId });
    transmit(row);
  }

  return { rows, loadError, send, retry };
}

/**
 * Messages that waited when the page was reloaded are sent without a row of this page. Once they
 * are, the conversation is read again and shows them.
 */
function useRestored(rows, queueLength, load) {
  const hasRestored = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: queueLength says when to look again
  useEffect(() => {
    const waiting = getMessageQueueLength();
    const known = rows.filter(({ state }) => state === 'pending').length;
    if (waiting > known) {
      hasRestored.current = true;
    } else if (waiting === 0 && hasRestored.current) {
      hasRestored.current = false;
      load();
    }
  }, [rows, queueLength, load]);
}
