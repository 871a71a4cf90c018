import { useSendMessage } from 'holdfast/react';

export function Chat() {
  const { send, messages } = useSendMessage();
  return (
    <section id="chat">
      <h2>Chat 1</h2>
      <button type="button" onClick={() => send({ content: `chat ${messages.length}` })}>
        send
      </button>
      <p>{messages.map(({ data, status }) => `${data.content}: ${status}`).join()}</p>
    </section>
  );
}
