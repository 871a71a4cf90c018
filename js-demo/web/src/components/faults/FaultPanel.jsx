// Breaks the connection on purpose, and shows what happens to the messages.

import { useRef, useState } from 'react';
import useLab from '../../hooks/useLab.js';
import useMediaQuery from '../../hooks/useMediaQuery.js';
import useRecorder from '../../hooks/useRecorder.js';
import Icon from '../Icon.jsx';
import Faults from './Faults.jsx';
import { showInspector } from './inspector.js';
import LivePicture from './LivePicture.jsx';

const BURST = ['One', 'Two', 'Three', 'Four', 'Five'];

/** Beside the conversation if there is room, otherwise a sheet behind a button. */
export default function FaultPanel({ labUrl, messages, peer, tell }) {
  const [state, order] = useLab(labUrl, tell);
  const recorder = useRecorder(messages);
  const isWide = useMediaQuery('(min-width: 1100px)');
  const [isOpen, setIsOpen] = useState(false);
  const panel = useRef(null);
  const inspectButton = useRef(null);

  function sendBurst() {
    for (const text of BURST) messages.send(peer._id, text);
  }

  function inspect() {
    // A popover covers everything else.
    if (!isWide) panel.current.hidePopover();
    showInspector(() => inspectButton.current?.focus());
  }

  return (
    <aside
      ref={panel}
      id="faults"
      className="faults"
      popover={isWide ? undefined : 'auto'}
      aria-labelledby="faults-title"
      onToggle={({ newState }) => setIsOpen(newState === 'open')}
    >
      <header className="faults-head">
        <h2 id="faults-title">Break it</h2>
        <button type="button" className="inspect" ref={inspectButton} onClick={inspect}>
          Inspector
        </button>
        <button
          type="button"
          className={isBroken(state) ? 'restore due' : 'restore'}
          data-testid="fault-restore"
          disabled={!state}
          onClick={() => order('restore')}
        >
          Restore all
        </button>
        {!isWide && (
          <button
            type="button"
            className="icon-button"
            aria-label="Close"
            popoverTarget="faults"
            popoverTargetAction="hide"
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      <LivePicture recorder={recorder} isSeen={isWide || isOpen} peer={peer} onBurst={sendBurst} />
      <Faults state={state} order={order} />
    </aside>
  );
}

const isBroken = (state) =>
  state !== null &&
  (state.link !== 'up' ||
    state.server !== 'up' ||
    state.delayMs > 0 ||
    state.loseAcks ||
    state.refuse !== null);
