// The root: the login, or the chat of the user who is logged in.

import { SocketProvider } from 'holdfast/react';
import { disconnectSocketForLogout } from 'holdfast/socket';
import { useEffect, useState } from 'react';
import Chat from './components/Chat.jsx';
import Login from './components/Login.jsx';
import usePeople from './hooks/usePeople.js';
import useSession from './hooks/useSession.js';
import { signIn, signOut } from './utils/session.js';

/** `?user=alice` logs in at once, so that two windows quickly become two users. */
const namedUser = new URLSearchParams(location.search).get('user');

export default function App({ config }) {
  const { user, endedBecause } = useSession();
  const [isNaming, setIsNaming] = useState(namedUser !== null && user?._id !== namedUser);
  const [hasChosen, setHasChosen] = useState(false);
  const [failure, setFailure] = useState(null);
  const people = usePeople(setFailure);

  async function enter(userId) {
    setFailure(null);
    try {
      await signIn(userId);
    } catch (error) {
      setFailure(error.message);
    }
    setIsNaming(false);
  }

  function choose(userId) {
    setHasChosen(true);
    enter(userId);
  }

  function leave() {
    disconnectSocketForLogout();
    signOut(null);
    history.replaceState(null, '', '/');
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, when the page opens
  useEffect(() => {
    if (isNaming) enter(namedUser);
  }, []);

  const isLoggedIn = user !== null && !isNaming;
  return (
    <SocketProvider userId={isLoggedIn ? user._id : null} isAuthenticated={isLoggedIn}>
      {isLoggedIn ? (
        <Chat
          key={user._id}
          me={user}
          people={people}
          labUrl={config.labUrl}
          takesFocus={hasChosen}
          onLeave={leave}
        />
      ) : (
        <Login people={people} error={failure ?? endedBecause} onChoose={choose} />
      )}
    </SocketProvider>
  );
}
