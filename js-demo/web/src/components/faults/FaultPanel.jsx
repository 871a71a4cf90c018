// Breaks the link on purpose, and shows what becomes of the messages.

import { useRef } from 'react';
import useLab from '../../hooks/useLab.js';
import useMediaQuery from '../../hooks/useMediaQuery.js';
import useRecorder from '../../hooks/useRecorder.js';
import Icon from '../Icon.jsx';
import Faults from './Faults.jsx';
import LivePicture from './LivePicture.jsx';

const BURST = ['One', 'Two', 'Three', 'Four', 'Five'];

/** Beside the conversation where there is room; else a sheet behind a button. */
export default function FaultPanel({ labUrl, messages, peer, tell, onOpen }) {
  const [state, order] = useLab(labUrl, tell);
  const recorder = useRecorder(messages);
  const isWide = useMediaQuery('(min-width: 1100px)');
  const sheet = useRef(null);

  function sendBurst() {
    for (const text of BURST) messages.send(peer._id, text);
  }

  const isBroken = state && (state.link !== 'up' || state.server !== 'up' || isOdd(state));
  const content = (
    <>
      <header className="faults-head">
        <h2 id="faults-title">Break it</h2>
        <button
          type="button"
          className={isBroken ? 'restore due' : 'restore'}
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
            onClick={() => sheet.current.close()}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      <LivePicture recorder={recorder} peer={peer} onBurst={sendBurst} onOpen={onOpen} />
      <Faults state={state} order={order} />
    </>
  );

  if (isWide) {
    return (
      <aside className="faults" aria-labelledby="faults-title">
        {content}
      </aside>
    );
  }
  return (
    <>
      <button
        type="button"
        className="open-faults"
        data-testid="open-faults"
        onClick={() => sheet.current.showModal()}
      >
        <Icon name="bolt" />
        Break it
      </button>
      <dialog className="faults sheet" ref={sheet} aria-labelledby="faults-title">
        {content}
      </dialog>
    </>
  );
}

const isOdd = ({ delayMs, loseAcks, refuse }) => delayMs > 0 || loseAcks || refuse !== null;
