// The page and its server have one origin; another server would be named here.
export const API_CONFIG = {
  SOCKET_URL: window.location.origin,
  BASE_URL: '',
};
