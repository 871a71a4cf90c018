import { useState } from 'react';
import Icon from './Icon.jsx';

const MAX_LENGTH = 4000;

/**
 * The input for a message. `drafts` keeps unfinished texts by recipient. The input is emptied once the message is in the
 * queue, whether the client is connected or not.
 */
export default function Composer({ peer, input, drafts, onSend, onRefused, onTyping }) {
  const [text, setText] = useState(() => drafts.get(peer._id) ?? '');
  const [refusal, setRefusal] = useState(null);
  const isEmpty = text.trim() === '';

  function write(next) {
    setText(next);
    drafts.set(peer._id, next);
  }

  function submit(event) {
    event.preventDefault();
    if (isEmpty) return;
    // The queue accepts or refuses a message synchronously.
    const { id, status, error } = onSend(text.trim());
    const isTaken = status !== 'failed';
    setRefusal(isTaken ? null : error.message);
    if (isTaken) write('');
    else onRefused(id);
    onTyping(false);
    input.current.focus();
  }

  function onKeyDown(event) {
    const isSend = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    if (isSend) submit(event);
  }

  function onChange({ target }) {
    write(target.value);
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
