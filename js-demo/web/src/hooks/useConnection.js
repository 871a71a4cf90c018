import { useEffect, useState } from 'react';
import { getConnectionHealth, getSocket } from '../utils/socket.js';

const EVENTS = ['connect', 'disconnect', 'connect_error', 'room:joined', 'message:sent'];
/** What has no event: the length of the queue, and readiness without a room:joined. */
const POLL_MS = 500;

/**
 * How the link is: `phase` is 'ready', 'joining' or 'reconnecting'; `queueLength` says how many
 * messages have not been answered for yet.
 */
export default function useConnection() {
  const [connection, setConnection] = useState(read);

  useEffect(() => {
    const update = () =>
      setConnection((old) => {
        const now = read();
        return old.phase === now.phase && old.queueLength === now.queueLength ? old : now;
      });
    const socket = getSocket();
    for (const event of EVENTS) socket.on(event, update);
    const timer = setInterval(update, POLL_MS);
    update();
    return () => {
      for (const event of EVENTS) socket.off(event, update);
      clearInterval(timer);
    };
  }, []);

  return connection;
}

function read() {
  const { isConnected, isReady, queueLength } = getConnectionHealth();
  const linked = isConnected ? 'joining' : 'reconnecting';
  return { phase: isReady ? 'ready' : linked, queueLength };
}
