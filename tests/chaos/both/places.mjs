// The addresses of the three kinds of clients of a run, and their user.

export const USER = 'alice';
export const ROOM = `user_${USER}`;

/** Of the Server of each way. */
export const PATHS = { holdfast: '/socket.io', plain: '/plain', recovery: '/recovery' };
