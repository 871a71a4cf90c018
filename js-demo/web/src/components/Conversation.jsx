import { useEffect, useRef } from 'react';
import useMediaQuery from '../hooks/useMediaQuery.js';
import usePages from '../hooks/usePages.js';
import useTyping from '../hooks/useTyping.js';
import Announcer from './Announcer.jsx';
import Avatar from './Avatar.jsx';
import Composer from './Composer.jsx';
import Icon from './Icon.jsx';
import MessageList from './MessageList.jsx';
import { presenceText } from './PeopleList.jsx';

export default function Conversation({ me, peer, online, messages, drafts, onBack }) {
  const { error, isLoadingOlder, loadOlder } = usePages(peer._id, messages.onFetched);
  const [isTyping, tellTyping] = useTyping(me._id, peer._id);
  const isOnline = online?.includes(peer._id) ?? false;
  const heading = useRef(null);
  const input = useRef(null);
  // On small screens the input gets no focus, because the keyboard would cover half of the screen.
  const hasKeyboard = useMediaQuery('(pointer: fine) and (min-width: 721px)');

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, when it is opened
  useEffect(() => (hasKeyboard ? input : heading).current.focus({ preventScroll: true }), []);

  function retry(id) {
    messages.retry(id);
    // The button that had the focus no longer exists.
    input.current.focus();
  }

  return (
    <main className="conversation" aria-label={`Conversation with ${peer.username}`}>
      <header className="peer">
        <button type="button" className="icon-button back" onClick={onBack} aria-label="Back">
          <Icon name="back" />
        </button>
        <Avatar person={peer} isOnline={isOnline} />
        <div>
          <h2 ref={heading} tabIndex={-1}>
            {peer.username}
          </h2>
          <small data-testid="peer-status">
            {isTyping ? 'is writing…' : presenceText(online, isOnline)}
          </small>
        </div>
      </header>
      <MessageList
        rows={messages.rows(peer._id)}
        peer={peer}
        hasOlder={messages.hasOlder(peer._id)}
        isLoadingOlder={isLoadingOlder}
        isTyping={isTyping}
        onOlder={loadOlder}
        onRetry={retry}
        onRemove={messages.dismiss}
      />
      <Announcer peer={peer} isTyping={isTyping} />
      {error && (
        <p role="alert" className="note bad">
          The conversation could not be read: {error}
        </p>
      )}
      <Composer
        peer={peer}
        input={input}
        drafts={drafts}
        onSend={(text) => messages.send(peer._id, text)}
        onRefused={messages.dismiss}
        onTyping={tellTyping}
      />
    </main>
  );
}
