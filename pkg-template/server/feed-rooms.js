// The Socket.IO rooms that feeds use. A connection may read a feed while it is in the feed's room: so revoking the right
// means leaving the room, which Socket.IO's adapters do in every process.

/**
 * @typedef {object} FeedNames all names of a feed
 * @property {string} key its name in the store
 * @property {string | null} wire its name in the protocol
 * @property {string} wireJson `wire` as JSON
 * @property {string} room room of the connections that read it
 * @property {string} pending room of connections whose right is being checked
 * @property {string} lost room of readers that lost their connection, and which Socket.IO may recover with their rooms
 * @property {string} plain the app's own room: connections in it that don't read the feed get plain events
 */

/** @param {string} id @param {string} plain @returns {FeedNames} */
export const userFeedNames = (id, plain) => feedNames(`u:${id}`, null, plain);

/** @param {string} room @returns {FeedNames} */
export const roomFeedNames = (room) => feedNames(`r:${room}`, room, room);

/** The room of all connections of a user. @param {string} id */
export const userRoom = (id) => `${OWN}user:${id}`;

/** Whether a room is one of the package's own. @param {string} room */
export const isOwn = (room) => room.startsWith(OWN);

/** The room that replaces a feed's room while a connection is lost; undefined for other rooms. @param {string} room */
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

/** The prefix of the package's own rooms, events and feeds: no app uses it by accident. */
export const OWN = 'holdfast:';
const READING = `${OWN}feed:`;
const PENDING = `${OWN}pending:`;
const LOST = `${OWN}lost:`;
