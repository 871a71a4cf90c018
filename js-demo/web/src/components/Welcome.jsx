/** Instructions for a first visit. */
export default function Welcome({ others, hasFaults }) {
  const [other] = others;
  return (
    <main className="welcome">
      <h2>What you can do here</h2>
      <ol>
        {other && (
          <li>
            <a href={`/?user=${other._id}`} target="_blank" rel="noreferrer">
              Open a second window as {other.username}
            </a>{' '}
            and put it beside this one.
          </li>
        )}
        <li>Choose a conversation and write something.</li>
        <li>
          {hasFaults
            ? 'Break the link or kill the server, and go on writing.'
            : 'Stop the server and go on writing. Then start it again.'}
        </li>
        <li>Each message arrives once and in order, or the page says why it did not.</li>
      </ol>
    </main>
  );
}
