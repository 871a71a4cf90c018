// All that changed when the app moved over.
import { configureSocket } from 'holdfast/socket';

configureSocket({
  url: window.SOCKET_URL,
  auth: () => ({ token: localStorage.getItem('token') }),
  reconnect: { minMs: 20, maxMs: 100, spreadMs: 20 },
  logger: null,
});

export * from 'holdfast/socket';
export { default } from 'holdfast/socket';
