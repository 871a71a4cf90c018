// The users. A real app has accounts and passwords. This demo has five users who trust each other.

const PEOPLE = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'].map((username) => ({
  _id: username.toLowerCase(),
  username,
}));
const byId = new Map(PEOPLE.map((person) => [person._id, person]));

export function everybody() {
  return PEOPLE;
}

/** The user with this id, or undefined if there is none. */
export function personOf(id) {
  return byId.get(id);
}
