import { useEffect, useState } from 'react';
import { ask } from '../utils/http.js';

/**
 * The lab that breaks the connection: its state, or null while it does not answer, and a function to start a fault.
 *
 * @param {string} labUrl
 * @param {(text: string) => void} tell
 * @returns {[{ link: 'up' | 'cut' | 'hung', delayMs: number, loseAcks: boolean, refuse: string | null,
 *   server: 'up' | 'starting' | 'down' } | null, (fault: string, body?: object) => Promise<void>]}
 */
export default function useLab(labUrl, tell) {
  const [state, setState] = useState(null);

  useEffect(() => {
    const events = new EventSource(`${labUrl}/events`);
    events.onmessage = ({ data }) => setState(JSON.parse(data));
    events.onerror = () => setState(null);
    return () => events.close();
  }, [labUrl]);

  async function order(fault, body = {}) {
    try {
      setState(await ask(`${labUrl}/${fault}`, { method: 'POST', body }));
    } catch (error) {
      tell(`The lab did not do that: ${error.message}`);
    }
  }

  return [state, order];
}
