import Avatar from './Avatar.jsx';

export default function Login({ people, error, onChoose }) {
  return (
    <main className="login">
      <h1>Who are you?</h1>
      <p>Open a second window as somebody else, and write to each other.</p>
      <ul className="people">
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
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
    </main>
  );
}
