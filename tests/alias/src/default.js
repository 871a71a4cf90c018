import io from 'socket.io-client';

export const openByDefault = (url, options) => io(url, options);
