// The rooms of Socket.IO that feeds use. Being in a feed's room is what says that a connection may read it; so taking the
// right away is leaving the room, which Socket.IO's adapters carry to every process.

/**
 * @typedef {object} FeedNames a feed, by all of its names
 * @property {string} key in the store
 * @property {string | null} wire as the protocol names it
 * @property {string} wireJson the same as JSON
 * @property {string} room of the connections that read it
 * @property {string} pending of those whose right is being asked for
 * @property {string} lost of connections that read it and were lost: Socket.IO may recover them with their rooms
 * @property {string} plain the app's own room, whose other connections are sent plain events
 */

/** @param {string} id @param {string} plain @returns {FeedNames} */
export const userFeedNames = (id, plain) => feedNames(`u:${id}`, null, plain);

/** @param {string} room @returns {FeedNames} */
export const roomFeedNames = (room) => feedNames(`r:${room}`, room, room);

/** All connections of a user. @param {string} id */
export const userRoom = (id) => `${OWN}user:${id}`;

/** Whether a room is one of these. @param {string} room */
export const isOwn = (room) => room.startsWith(OWN);

/** The room to be in while a connection is lost, for one that it was in before. @param {string} room */
export function lostRoom(room) {
  const [kind] = [READING, PENDING].filter((name) => room.startsWith(name));
  return kind && LOST + room.slice(kind.length);
}

/** @param {string} key @param {string | null} wire @param {string} plain @returns {FeedNames} */
function feedNames(key, wire, plain) {
  return {
    key,
    wire,
    wireJson: JSON.stringify(wire),
    room: READING + key,
    pending: PENDING + key,
    lost: LOST + key,
    plain,
  };
}

/** What no app names a room, an event or a feed by accident. */
export const OWN = 'holdfast:';
const READING = `${OWN}feed:`;
const PENDING = `${OWN}pending:`;
const LOST = `${OWN}lost:`;
