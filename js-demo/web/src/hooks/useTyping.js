import { useEffect, useRef, useState } from 'react';
import { emitTyping, onUserTyping } from '../utils/socket.js';

/** Often enough to stay visible, seldom enough to cost nothing. */
const REPEAT_MS = 3000;

/** Whether the peer is writing, and a function that tells the peer whether we are. */
export default function useTyping(me, peerId) {
  const [typing, setTyping] = useState([]);
  const toldAt = useRef(null);

  useEffect(
    () =>
      onUserTyping(({ userId, isTyping }) =>
        setTyping((old) => [...old.filter((id) => id !== userId), ...(isTyping ? [userId] : [])]),
      ),
    [],
  );

  function tell(isTyping) {
    const now = performance.now();
    const last = toldAt.current;
    if (isTyping ? last !== null && now - last < REPEAT_MS : last === null) return;
    toldAt.current = isTyping ? now : null;
    emitTyping(peerId, me, isTyping);
  }

  return [typing.includes(peerId), tell];
}
