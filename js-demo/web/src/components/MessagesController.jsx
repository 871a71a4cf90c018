import useMessages from '../hooks/useMessages.js';
import useTyping from '../hooks/useTyping.js';
import Composer from './Composer.jsx';
import MessageList from './MessageList.jsx';

/** The open conversation. It stays mounted when there is none, so that what waits is not forgotten. */
export default function MessagesController({ me, peer, isOnline, connection, onBack }) {
  const peerId = peer?._id ?? null;
  const { rows, loadError, send, retry } = useMessages(me._id, peerId, connection.queueLength);
  const isReady = connection.phase === 'ready';
  const [isTyping, tellTyping] = useTyping(me._id, peerId);

  if (!peer) return <p className="hint">Choose somebody to write to.</p>;
  return (
    <section className="conversation" aria-label={`Conversation with ${peer.username}`}>
      <header className="peer">
        <button type="button" className="plain back" onClick={onBack} aria-label="Back to the list">
          ←
        </button>
        <h2>{peer.username}</h2>
        <small data-testid="peer-status">{isReady && statusOf(isTyping, isOnline)}</small>
      </header>
      <MessageList
        key={peerId}
        rows={rows.filter((row) => row.peerId === peerId)}
        isReady={isReady}
        onRetry={retry}
      />
      {loadError && (
        <p role="alert" className="error">
          Could not read the conversation: {loadError}
        </p>
      )}
      <Composer key={`to-${peerId}`} peer={peer} onSend={send} onTyping={tellTyping} />
    </section>
  );
}

function statusOf(isTyping, isOnline) {
  if (isTyping) return 'is writing…';
  return isOnline ? 'online' : 'offline';
}
