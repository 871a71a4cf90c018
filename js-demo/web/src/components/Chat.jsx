// The chat of one user: the frame, and the state that its parts share.

import { useSocket } from 'holdfast/react';
import { useEffect, useRef } from 'react';
import useFailures from '../hooks/useFailures.js';
import useMessages from '../hooks/useMessages.js';
import useNotifications from '../hooks/useNotifications.js';
import useRoute from '../hooks/useRoute.js';
import useToasts from '../hooks/useToasts.js';
import useUnread from '../hooks/useUnread.js';
import ConnectionBanner from './ConnectionBanner.jsx';
import Conversation from './Conversation.jsx';
import FaultPanel from './faults/FaultPanel.jsx';
import Icon from './Icon.jsx';
import NotificationBell from './NotificationBell.jsx';
import PeopleList from './PeopleList.jsx';
import Profile from './Profile.jsx';
import Toasts from './Toasts.jsx';
import Welcome from './Welcome.jsx';

export default function Chat({ me, people, labUrl, takesFocus, onLeave }) {
  const others = people.filter(({ _id }) => _id !== me._id);
  const [peerId, open] = useRoute();
  const peer = others.find(({ _id }) => _id === peerId) ?? null;
  const openId = peer?._id ?? null;

  const { toasts, tell, dismiss } = useToasts();
  const drafts = useRef(new Map()).current;
  const messages = useMessages(me);
  const unread = useUnread(me._id, openId);
  const notifications = useNotifications(openId, tell);
  // After a lost connection, the old list does not say who is online now.
  const online = useSocket((view) => (view.onlineUsersStale ? null : view.onlineUsers));
  useFailures(messages.sending, tell);
  useTitle(unread);

  return (
    <div className={`chat${peer ? ' with-peer' : ''}${labUrl ? ' with-faults' : ''}`}>
      <header className="topbar">
        <h1 className="brand">
          Holdfast<span className="sr-only"> chat</span>
        </h1>
        <ConnectionBanner waiting={messages.sending.filter(isUnsettled).length} />
        {labUrl && (
          <button
            type="button"
            className="quiet open-faults"
            popoverTarget="faults"
            data-testid="open-faults"
          >
            <Icon name="bolt" />
            Break it
          </button>
        )}
        <NotificationBell {...notifications} onOpen={open} />
        <Profile me={me} onLeave={onLeave} />
      </header>
      <Toasts toasts={toasts} onDismiss={dismiss} />
      <PeopleList
        people={others}
        online={online}
        unread={unread}
        chosen={openId}
        takesFocus={takesFocus}
        onChoose={open}
      />
      {peer ? (
        <Conversation
          key={peer._id}
          me={me}
          peer={peer}
          online={online}
          messages={messages}
          drafts={drafts}
          onBack={() => open(null)}
        />
      ) : (
        <Welcome others={others} hasFaults={labUrl !== null} />
      )}
      {labUrl && (
        <FaultPanel labUrl={labUrl} messages={messages} peer={peer ?? others[0]} tell={tell} />
      )}
    </div>
  );
}

const isUnsettled = ({ status }) => status === 'queued' || status === 'sending';

/** Shows the number of unread messages in the title of the tab. */
function useTitle(unread) {
  const total = Object.values(unread).reduce((sum, n) => sum + n, 0);

  useEffect(() => {
    document.title = total > 0 ? `(${total}) Holdfast chat` : 'Holdfast chat';
  }, [total]);
}
