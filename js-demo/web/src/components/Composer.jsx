import { useState } from 'react';
import Icon from './Icon.jsx';

const MAX_LENGTH = 4000;

/** Where a message is written. Emptied once the message is in the queue, whether there is a link or not. */
export default function Composer({ peer, input, onSend, onRefused, onTyping }) {
  const [text, setText] = useState('');
  const [refusal, setRefusal] = useState(null);
  const isEmpty = text.trim() === '';

  function submit(event) {
    event.preventDefault();
    if (isEmpty) return;
    // The queue takes a message at once or not at all.
    const { id, status, error } = onSend(text.trim());
    const isTaken = status !== 'failed';
    setRefusal(isTaken ? null : error.message);
    if (isTaken) setText('');
    else onRefused(id);
    onTyping(false);
    input.current.focus();
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
      {refusal && (
        <p role="alert" className="note bad">
          {refusal}
        </p>
      )}
      <textarea
        ref={input}
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
      <button
        type="submit"
        className="send"
        aria-label="Send"
        data-testid="send-button"
        disabled={isEmpty}
      >
        <Icon name="send" />
      </button>
    </form>
  );
}
