// Where the three ways of a run are found, and whom they are for.

export const USER = 'alice';
export const ROOM = `user_${USER}`;

/** Of the Server of each way. */
export const PATHS = { holdfast: '/socket.io', plain: '/plain', recovery: '/recovery' };
