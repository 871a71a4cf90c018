// The states of each message over the last seconds, and the state of the connection.

import { useLayoutEffect, useRef, useState } from 'react';
import { lossesOf, outcomeOf, SHOWN } from '../../utils/recorder.js';
import { span } from '../../utils/time.js';
import { Bars, Grid, LinkLane, Losses, ROW } from './drawing.jsx';

const LABELS = { queued: 'waiting', sending: 'sending', sent: 'sent', failed: 'not sent' };
const LINK_LABELS = { up: 'up', doubtful: 'silent', joining: 'joining', down: 'down' };

export default function Timeline({ recorder, now, windowMs }) {
  const [plot, width] = useWidth();
  const { link } = recorder;
  const tracks = recorder.shown();
  const scale = { width, now, windowMs, x: (at) => width * (1 - (now - at) / windowMs) };
  const isEmpty = tracks.length === 0;
  // While the hint is shown in place of messages, lines across all rows are not drawn.
  const height = isEmpty ? ROW : (SHOWN + 1) * ROW;

  return (
    <figure className="timeline" data-testid="timeline" data-losses={lossesOf(link).length}>
      <figcaption>Each message over time</figcaption>
      <div className="timeline-body" style={{ '--rows': SHOWN + 1 }}>
        <svg ref={plot} className="timeline-plot" height={height} aria-hidden="true">
          <Grid scale={scale} height={height} />
          <LinkLane marks={link} scale={scale} />
          <Losses at={lossesOf(link)} scale={scale} height={height} />
          {tracks.map((track, n) => (
            <Bars key={track.id} marks={track.marks} top={(n + 1) * ROW} scale={scale} />
          ))}
        </svg>
        <ol>
          <li>
            <strong>Link</strong>
            <span data-state={link.at(-1)?.state}>{LINK_LABELS[link.at(-1)?.state]}</span>
          </li>
          {tracks.map((track) => (
            <TrackLabel key={track.id} track={track} now={now} />
          ))}
        </ol>
        {isEmpty && <p className="timeline-empty">Write a message and watch its states here.</p>}
      </div>
      <p className="timeline-axis" aria-hidden="true">
        <span>{span(windowMs)} ago</span>
        <span>now</span>
      </p>
      <ul className="legend" aria-label="Legend">
        <li data-state="queued">waiting</li>
        <li data-state="sending">sending</li>
        <li data-state="sent">sent</li>
        <li data-state="failed">not sent</li>
        <li data-state="loss">link lost</li>
      </ul>
    </figure>
  );
}

function TrackLabel({ track, now }) {
  const { state, tookMs, attempts } = outcomeOf(track, now);
  const states = track.marks.map((mark) => mark.state).join(' ');
  return (
    <li data-testid="track" data-id={track.id} data-states={states}>
      <span className="track-text">{track.text}</span>
      <span className="track-end" data-state={state}>
        <span className="sr-only">{LABELS[state]}, </span>
        {span(tookMs)}
        {attempts > 1 && <small> ×{attempts}</small>}
      </span>
    </li>
  );
}

/** The width of an element, as it is laid out. */
function useWidth() {
  const element = useRef(null);
  const [width, setWidth] = useState(0);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);

  return [element, width];
}
