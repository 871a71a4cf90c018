import { useSendMessage } from 'holdfast/react';

export function OfClient() {
  const { send, messages } = useSendMessage();
  return (
    <section id="of-client">
      <h2>OfClient 1</h2>
      <button type="button" onClick={() => send({ content: `client ${messages.length}` })}>
        send
      </button>
      <p>{messages.map(({ data, status }) => `${data.content}: ${status}`).join()}</p>
    </section>
  );
}
