// Who can take part. A real app has accounts and passwords; this one has five people who trust each other.

const PEOPLE = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'].map((username) => ({
  _id: username.toLowerCase(),
  username,
}));
const byId = new Map(PEOPLE.map((person) => [person._id, person]));

export function everybody() {
  return PEOPLE;
}

/** The person with this id, undefined for a stranger or anything that is no id. */
export function personOf(id) {
  return byId.get(id);
}
