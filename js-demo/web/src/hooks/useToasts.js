import { useCallback, useRef, useState } from 'react';

/** Short messages about errors. */
export default function useToasts() {
  const [toasts, setToasts] = useState([]);
  const made = useRef(0);

  const dismiss = useCallback((id) => setToasts((old) => old.filter((one) => one.id !== id)), []);
  const tell = useCallback((text) => {
    made.current += 1;
    const toast = { id: made.current, text };
    // Only the newest few, so that many refusals at once do not cover the page.
    setToasts((old) => [...old, toast].slice(-3));
  }, []);

  return { toasts, tell, dismiss };
}
