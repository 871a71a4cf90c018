import { useRef } from 'react';
import { count, shortTime } from '../utils/time.js';
import Avatar from './Avatar.jsx';
import Icon from './Icon.jsx';

/** The bell with the number of unread notifications, and the list that it opens. */
export default function NotificationBell(props) {
  const { list, unread, markRead, markAllRead, remove, onOpen } = props;
  const popover = useRef(null);
  const heading = useRef(null);

  function follow({ _id, from }) {
    markRead(_id);
    popover.current.hidePopover();
    onOpen(from._id);
  }

  function drop(id) {
    remove(id);
    // The button that had the focus was removed with its row.
    heading.current.focus();
  }

  return (
    <>
      <button
        type="button"
        className="ghost bell"
        popoverTarget="notifications"
        data-testid="bell"
        data-unread={unread}
        aria-label={`Notifications, ${unread} unread`}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      <section
        id="notifications"
        popover="auto"
        ref={popover}
        className="popover notifications"
        role="dialog"
        aria-labelledby="notifications-title"
      >
        <div className="popover-head">
          <h2 id="notifications-title" ref={heading} tabIndex={-1}>
            Notifications
          </h2>
          <button type="button" className="plain" disabled={unread === 0} onClick={markAllRead}>
            Mark all as read
          </button>
        </div>
        {list.length === 0 && <p className="hint">Nothing new.</p>}
        <ol>
          {list.map((one) => (
            <li
              key={one._id}
              className="notification"
              data-testid="notification"
              data-read={one.read}
            >
              <button type="button" className="notification-open" onClick={() => follow(one)}>
                <Avatar person={one.from} />
                <span className="notification-text">
                  <span className="notification-from">
                    <strong>{one.from.username}</strong>
                    <time dateTime={one.createdAt}>{shortTime(one.createdAt)}</time>
                  </span>
                  <span className="clip">{one.text}</span>
                </span>
                {!one.read && (
                  <span className="unread-dot">
                    <span className="sr-only">unread</span>
                  </span>
                )}
              </button>
              <span className="notification-actions">
                {!one.read && (
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={`Mark as read: ${one.text}`}
                    onClick={() => markRead(one._id)}
                  >
                    <Icon name="check" />
                  </button>
                )}
                <button
                  type="button"
                  className="icon-button"
                  aria-label={`Delete: ${one.text}`}
                  onClick={() => drop(one._id)}
                >
                  <Icon name="trash" />
                </button>
              </span>
            </li>
          ))}
        </ol>
        <p role="status" className="sr-only">
          {count(unread, 'unread notification')}
        </p>
      </section>
    </>
  );
}
