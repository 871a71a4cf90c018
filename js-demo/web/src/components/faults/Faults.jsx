import Icon from '../Icon.jsx';

/** Refusal codes, one for each kind of handling by the client. */
const CODES = [
  ['FORBIDDEN', 'final at once'],
  ['RATE_LIMITED', 'waits, then again'],
  ['SERVER_BUSY', 'three more tries'],
];

/** The faults. Each is a button that stays pressed while the fault lasts. */
export default function Faults({ state, order }) {
  if (!state) return <p className="hint">The lab does not answer.</p>;
  const { link, server, delayMs, loseAcks, refuse } = state;
  return (
    <div className="fault-grid">
      <Fault
        name="cut"
        icon="cut"
        title="Cut the link"
        text="Connections are refused"
        isOn={link === 'cut'}
        onClick={() => order('cut', { on: link !== 'cut' })}
      />
      <Fault
        name="hang"
        icon="pause"
        title="Hang the link"
        text="Open, but no data passes"
        isOn={link === 'hung'}
        onClick={() => order('hang', { on: link !== 'hung' })}
      />
      <Fault
        name="restart"
        icon="restart"
        title="Kill the server"
        text={server === 'starting' ? 'It is starting…' : 'Started again at once'}
        onClick={() => order('restart')}
      />
      <Fault
        name="stop"
        icon="power"
        title={server === 'down' ? 'Start the server' : 'Stop the server'}
        text={server === 'down' ? 'It is down' : 'It stays down'}
        isOn={server === 'down'}
        onClick={() => order(server === 'down' ? 'start' : 'stop')}
      />
      <Fault
        name="lose-acks"
        icon="mute"
        title="Lose answers"
        text="Saved, but not acknowledged"
        isOn={loseAcks}
        onClick={() => order('lose-acks', { on: !loseAcks })}
      />
      <label className="fault choice" data-on={refuse !== null}>
        <Icon name="block" />
        <span className="fault-title">Refuse</span>
        <select
          value={refuse ?? ''}
          data-testid="fault-refuse"
          aria-label="Refuse every message"
          onChange={({ target }) => order('refuse', { code: target.value || null })}
        >
          <option value="">Nothing is refused</option>
          {CODES.map(([code, meaning]) => (
            <optgroup key={code} label={meaning}>
              <option value={code}>{code}</option>
            </optgroup>
          ))}
        </select>
      </label>
      <label className="fault slider" data-on={delayMs > 0}>
        <span className="fault-title">Delay</span>
        <input
          type="range"
          min="0"
          max="2000"
          step="100"
          value={delayMs}
          data-testid="fault-delay"
          aria-valuetext={`${delayMs} milliseconds each way`}
          onChange={({ target }) => order('delay', { ms: Number(target.value) })}
        />
        <output>{delayMs} ms each way</output>
      </label>
      <p className="faults-note">
        To go offline, switch your network off or use the developer tools: only the browser can go
        offline. Delays are short here: a dead link is noticed after 6 s instead of 30 s.
      </p>
    </div>
  );
}

function Fault({ name, icon, title, text, isOn, onClick }) {
  return (
    <button
      type="button"
      className="fault"
      aria-pressed={isOn}
      data-testid={`fault-${name}`}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span className="fault-title">{title}</span>
      <span className="fault-text">{text}</span>
    </button>
  );
}
