import Avatar from './Avatar.jsx';

/** The user's name, and the logout button. */
export default function Profile({ me, onLeave }) {
  return (
    <>
      <button
        type="button"
        className="ghost"
        popoverTarget="profile"
        data-testid="profile"
        aria-label={`You are ${me.username}`}
      >
        <Avatar person={me} />
      </button>
      <div id="profile" popover="auto" className="popover profile" role="dialog" aria-label="You">
        <Avatar person={me} />
        <p data-testid="me" data-me={me._id}>
          <strong>{me.username}</strong>
          <small>This login is for this tab only</small>
        </p>
        <button type="button" className="quiet" data-testid="log-out" onClick={onLeave}>
          Log out
        </button>
      </div>
    </>
  );
}
