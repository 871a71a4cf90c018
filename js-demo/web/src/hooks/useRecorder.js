import { useSocket } from 'holdfast/react';
import { useLayoutEffect, useState } from 'react';
import { createRecorder } from '../utils/recorder.js';

/**
 * Records the states of the connection and of the messages.
 *
 * @param {{ sending: readonly object[], waits: Map<string, object> }} messages see `useMessages`
 */
export default function useRecorder({ sending, waits }) {
  const [recorder] = useState(createRecorder);
  const { phase, rttMs } = useSocket((view) => ({
    phase: view.phase,
    rttMs: view.connectionHealth.rttMs,
  }));
  const waiting = waits.size;

  useLayoutEffect(() => {
    recorder.note(Date.now(), { phase, rttMs, waiting, sending, waits });
  }, [recorder, phase, rttMs, waiting, sending, waits]);

  return recorder;
}
