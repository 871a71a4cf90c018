import { useEffect, useRef } from 'react';
import Avatar from './Avatar.jsx';

/** The login. There are no passwords, because the users of the demo trust each other. */
export default function Login({ people, error, onChoose }) {
  const heading = useRef(null);

  useEffect(() => heading.current.focus({ preventScroll: true }), []);

  return (
    <main className="login">
      <p className="brand">Holdfast</p>
      <h1 ref={heading} tabIndex={-1}>
        Who are you?
      </h1>
      <p className="lead">
        A chat over a connection that you can break. Open a second window as somebody else, and
        write to each other.
      </p>
      {error && (
        <p role="alert" className="note bad">
          {error}
        </p>
      )}
      <ul className="people" aria-label="People">
        {people.map((person) => (
          <li key={person._id}>
            <button
              type="button"
              className="person"
              data-testid={`login-${person._id}`}
              onClick={() => onChoose(person._id)}
            >
              <Avatar person={person} />
              <span className="person-name">{person.username}</span>
            </button>
          </li>
        ))}
      </ul>
    </main>
  );
}
