import Avatar from './Avatar.jsx';

export default function PeopleList({ people, online, unread, chosen, onChoose }) {
  return (
    <nav className="sidebar" aria-label="Conversations">
      <ul className="people">
        {people.map((person) => {
          const isOnline = online.includes(person._id);
          const count = unread[person._id] ?? 0;
          return (
            <li key={person._id}>
              <button
                type="button"
                className="person"
                aria-current={person._id === chosen || undefined}
                data-testid={`person-${person._id}`}
                data-online={isOnline}
                onClick={() => onChoose(person._id)}
              >
                <Avatar person={person} isOnline={isOnline} />
                <span className="person-name">
                  {person.username}
                  <small>{isOnline ? 'online' : 'offline'}</small>
                </span>
                {count > 0 && (
                  <span className="badge" data-testid={`unread-${person._id}`}>
                    {count}
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
