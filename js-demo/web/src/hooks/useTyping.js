import { emitTyping, onUserTyping } from 'holdfast/socket';
import { useEffect, useRef, useState } from 'react';

/** Frequent enough that the peer's indicator stays visible, and rare enough to cost little. */
const REPEAT_MS = 3000;

/** Whether the peer is typing, and a function that reports that this user is typing. */
export default function useTyping(me, peerId) {
  const [isTyping, setIsTyping] = useState(false);
  const toldAt = useRef(null);

  // The package's helper removes an indicator that is not renewed.
  useEffect(
    () => onUserTyping(({ userId, isTyping }) => userId === peerId && setIsTyping(isTyping)),
    [peerId],
  );

  function tell(isWriting) {
    const now = performance.now();
    const last = toldAt.current;
    if (isWriting ? last !== null && now - last < REPEAT_MS : last === null) return;
    toldAt.current = isWriting ? now : null;
    emitTyping(peerId, me, isWriting);
  }

  return [isTyping, tell];
}
