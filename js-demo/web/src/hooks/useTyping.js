import { emitTyping, onUserTyping } from 'holdfast/socket';
import { useEffect, useRef, useState } from 'react';

/** Often enough to stay visible, seldom enough to cost nothing. */
const REPEAT_MS = 3000;

/** Whether the peer is writing, and a function that tells the peer whether we are. */
export default function useTyping(me, peerId) {
  const [isTyping, setIsTyping] = useState(false);
  const toldAt = useRef(null);

  // The helper also ends a mark that nobody ends.
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
