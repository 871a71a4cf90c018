/** The first letter of a user's name, with a dot while the user is online. */
export default function Avatar({ person, isOnline = false }) {
  return (
    <span className="avatar" aria-hidden="true" data-person={person._id}>
      {person.username[0]}
      {isOnline && <span className="online-dot" />}
    </span>
  );
}
