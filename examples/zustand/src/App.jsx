import { rowsOf, send, useChat } from './store.js';

export function App() {
  const chat = useChat();

  function submit(form) {
    const text = form.get('text').trim();
    if (text) send(text);
  }

  return (
    <>
      <h1>
        {chat.me} <small>{chat.isConnected ? 'connected' : 'connecting'}</small>
      </h1>
      <ol>
        {rowsOf(chat).map(({ id, from, text, status }) => (
          <li key={`${from} ${id}`} className={status}>
            <b>{from}</b> <span>{text}</span> <small>{status}</small>
          </li>
        ))}
      </ol>
      {chat.failure && <p role="alert">A message failed: {chat.failure}</p>}
      <form action={submit}>
        <input name="text" placeholder="Write a message" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
      </form>
    </>
  );
}
