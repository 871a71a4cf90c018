import { useEffect } from 'react';
import Icon from './Icon.jsx';

/** Long enough to read two lines. */
const SHOWN_MS = 8000;

export default function Toasts({ toasts, onDismiss }) {
  return (
    <div className="toasts" role="alert">
      {toasts.map((toast) => (
        <Toast key={toast.id} {...toast} onDismiss={onDismiss} />
      ))}
    </div>
  );
}

function Toast({ id, text, onDismiss }) {
  useEffect(() => {
    const timer = setTimeout(onDismiss, SHOWN_MS, id);
    return () => clearTimeout(timer);
  }, [id, onDismiss]);

  return (
    <p className="toast" data-testid="toast">
      <Icon name="alert" />
      <span>{text}</span>
      <button
        type="button"
        className="icon-button"
        aria-label="Dismiss"
        onClick={() => onDismiss(id)}
      >
        <Icon name="close" />
      </button>
    </p>
  );
}
