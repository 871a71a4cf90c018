import { useEffect, useState } from 'react';
import Chat from './components/Chat.jsx';
import Login from './components/Login.jsx';
import { getPeople } from './utils/api.js';
import { clearSession, currentUserId, signIn } from './utils/session.js';
import { disconnectSocketForLogout, resetLogoutFlag } from './utils/socket.js';

/** `?user=alice` signs in without asking, so that two windows are two people in no time. */
const namedUser = new URLSearchParams(location.search).get('user');

export default function App() {
  const [people, setPeople] = useState([]);
  const [userId, setUserId] = useState(namedUser ? null : currentUserId());
  const [error, setError] = useState(null);

  async function enter(id) {
    setError(null);
    try {
      await signIn(id);
      resetLogoutFlag();
      setUserId(id);
    } catch (failure) {
      setError(failure.message);
    }
  }

  function leave() {
    disconnectSocketForLogout();
    clearSession();
    history.replaceState(null, '', '/login');
    setUserId(null);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    getPeople().then(setPeople, (failure) => setError(failure.message));
    if (namedUser) enter(namedUser);
  }, []);

  const me = people.find(({ _id }) => _id === userId);
  if (me) return <Chat key={me._id} me={me} people={people} onLeave={leave} />;
  return <Login people={people} error={error} onChoose={enter} />;
}
