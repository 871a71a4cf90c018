import { io } from 'socket.io-client';

export const openNamed = (url, options) => io(url, options);
