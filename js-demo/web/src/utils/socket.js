import { configureSocket } from 'holdfast/socket';
import { API_CONFIG } from '../config.js';
import { clearSession, getFreshToken } from './session.js';

configureSocket({
  url: API_CONFIG.SOCKET_URL,
  io: { withCredentials: true },
  auth: async () => ({ token: await getFreshToken() }),
  onForceLogout: () => {
    clearSession();
    location.replace('/login');
  },
});

export * from 'holdfast/socket';
export { default } from 'holdfast/socket';
