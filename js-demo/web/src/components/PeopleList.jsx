import { useEffect, useRef } from 'react';
import Avatar from './Avatar.jsx';

/**
 * The list of users to write to. `online` is null while it is not known. With `takesFocus`, the list gets the focus when
 * it appears, unless a conversation is open.
 */
export default function PeopleList({ people, online, unread, chosen, takesFocus, onChoose }) {
  const list = useRef(null);
  const was = useRef(chosen);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, when it appears
  useEffect(() => {
    if (takesFocus && !chosen) list.current.querySelector('button')?.focus();
  }, []);

  // After a conversation is closed, the focus returns to its entry.
  useEffect(() => {
    if (!chosen && was.current) {
      list.current.querySelector(`[data-person="${CSS.escape(was.current)}"]`)?.focus();
    }
    was.current = chosen;
  }, [chosen]);

  return (
    <nav className="sidebar" aria-label="Conversations">
      <h2>Conversations</h2>
      <ul className="people" ref={list}>
        {people.map((person) => {
          const isOnline = online?.includes(person._id) ?? false;
          const number = unread[person._id] ?? 0;
          return (
            <li key={person._id}>
              <button
                type="button"
                className="person"
                aria-current={person._id === chosen ? 'page' : undefined}
                data-person={person._id}
                data-testid={`person-${person._id}`}
                data-online={online ? isOnline : 'unknown'}
                onClick={() => onChoose(person._id)}
              >
                <Avatar person={person} isOnline={isOnline} />
                <span className="person-name">
                  {person.username}
                  <small>{presenceText(online, isOnline)}</small>
                </span>
                {number > 0 && (
                  <span className="badge" data-testid={`unread-${person._id}`}>
                    {number}
                    <span className="sr-only"> unread</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** @param {readonly string[] | null} online */
export function presenceText(online, isOnline) {
  if (!online) return 'unknown';
  return isOnline ? 'online' : 'offline';
}
