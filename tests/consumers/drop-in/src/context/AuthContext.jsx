import { createContext, useContext, useState } from 'react';
import {
  disconnectSocket,
  disconnectSocketForLogout,
  initializeSocket,
  resetLogoutFlag,
} from '../utils/socket';

const AuthContext = createContext(null);

export function AuthProvider({ children }) {
  const [user, setUser] = useState(null);

  const login = (id) => {
    localStorage.setItem('token', `token of ${id}`);
    resetLogoutFlag();
    // As many apps do, so that the new token is used.
    disconnectSocket();
    initializeSocket(id);
    setUser({ id });
  };
  const refresh = () => {
    localStorage.setItem('token', `newer token of ${user.id}`);
    disconnectSocket();
    initializeSocket(user.id);
    // A new object for the same user: every effect that depends on it runs again.
    setUser({ ...user });
  };
  const logout = () => {
    disconnectSocketForLogout();
    localStorage.removeItem('token');
    setUser(null);
  };

  return (
    <AuthContext.Provider value={{ user, login, refresh, logout }}>{children}</AuthContext.Provider>
  );
}

export const useAuth = () => useContext(AuthContext);
