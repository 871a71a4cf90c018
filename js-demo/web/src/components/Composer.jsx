import { useState } from 'react';

const MAX_LENGTH = 4000;

/** Where a message is written. Emptied once the message is accepted for sending, connection or not. */
export default function Composer({ peer, onSend, onTyping }) {
  const [text, setText] = useState('');
  const [refusal, setRefusal] = useState(null);
  const isEmpty = text.trim() === '';

  function submit(event) {
    event.preventDefault();
    if (isEmpty) return;
    const refused = onSend(text);
    setRefusal(refused);
    if (!refused) setText('');
    onTyping(false);
  }

  function onKeyDown(event) {
    const isSend = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    if (isSend) submit(event);
  }

  function onChange({ target }) {
    setText(target.value);
    onTyping(target.value.trim() !== '');
  }

  return (
    <form className="composer" onSubmit={submit}>
      <textarea
        rows={1}
        value={text}
        maxLength={MAX_LENGTH}
        placeholder={`Message to ${peer.username}`}
        aria-label={`Message to ${peer.username}`}
        data-testid="message-input"
        onChange={onChange}
        onKeyDown={onKeyDown}
        onBlur={() => onTyping(false)}
      />
      <button type="submit" data-testid="send-button" disabled={isEmpty}>
        Send
      </button>
      {refusal && (
        <p role="alert" className="error">
          {refusal}
        </p>
      )}
    </form>
  );
}
