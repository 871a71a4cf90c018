import { useEffect } from 'react';
import { emitTyping, onNewMessage, sendMessage } from '../utils/socket';

export function MiniChat({ recipientId }) {
  useEffect(
    () =>
      onNewMessage((message) => {
        window.heardByMiniChat = [...(window.heardByMiniChat ?? []), message.content];
      }),
    [],
  );
  window.sendMini = (content) => {
    emitTyping(recipientId, 'me');
    sendMessage({ recipientId, content });
  };
  return null;
}
