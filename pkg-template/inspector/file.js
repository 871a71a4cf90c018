/** Writes a recording as a file, and reads it. `replay/src/recording.rs` describes the format. */

import { COUNT, createRecording, STEP } from './recording.js';

const FORMAT = 'holdfast recording';
const VERSION = 1;
/** How many steps are written in one turn of the event loop. */
const TURN = 20_000;

/** @typedef {import('./recording.js').Recording} Recording */

/** The file is not a recording, or has a version that this inspector cannot read. */
export class RecordingError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'RecordingError';
  }
}

/** A number for JSON, which cannot write NaN and the infinities. @param {number} number */
const cellOf = (number) => {
  if (Number.isNaN(number)) return null;
  if (Number.isFinite(number)) return number;
  return number < 0 ? '-inf' : 'inf';
};

/** @param {unknown} cell @returns {number} */
const numberOf = (cell) => {
  if (typeof cell === 'number') return cell;
  if (cell === null) return NaN;
  if (cell === 'inf') return Infinity;
  if (cell === '-inf') return -Infinity;
  throw new RecordingError('A step of the recording is not a list of numbers');
};

/**
 * @param {Recording} recording
 * @param {{ version: string, payloads?: boolean }} options
 * @returns {Promise<Blob>}
 */
export async function write(recording, { version, payloads = false }) {
  const labels = [...recording.labels].map(([seq, { id, event, data }]) =>
    payloads && data !== undefined ? { seq, id, event, data } : { seq, id, event },
  );
  const head = {
    format: FORMAT,
    version: VERSION,
    package: version,
    module: recording.kind,
    isWhole: !recording.isFull,
    start: recording.start,
    labels,
  };
  const parts = [JSON.stringify(head, null, 1).replace(/\n\}$/, ',\n "steps": [\n')];
  const reader = recording.reader();
  let { wall, running } = recording.start;
  let isFirst = true;
  for (let steps = reader.next(TURN); steps.length > 0; steps = reader.next(TURN)) {
    const rows = [];
    for (let at = 0; at < steps.length; at += STEP) {
      const [what, newWall, newRunning, answer, ...numbers] = steps.subarray(at, at + STEP);
      while (numbers.length > 0 && Number.isNaN(numbers[numbers.length - 1])) numbers.pop();
      const isSame = newWall === wall && newRunning === running;
      wall = newWall;
      running = newRunning;
      const clocks = isSame ? [null, null] : [wall, running];
      const said = Number.isNaN(answer) ? 'trap' : cellOf(answer);
      rows.push(JSON.stringify([what, ...clocks, said, ...numbers.map(cellOf)]));
    }
    parts.push(isFirst ? '' : ',\n', rows.join(',\n'));
    isFirst = false;
    await new Promise((done) => setTimeout(done));
  }
  parts.push('\n]}\n');
  return new Blob(parts, { type: 'application/json' });
}

/** @param {unknown} value @returns {string | undefined} */
const textOf = (value) => (typeof value === 'string' ? value : undefined);

/**
 * @param {string} text
 * @returns {Recording}
 * @throws {RecordingError} if it is not a recording. The message says why
 */
export function read(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new RecordingError('The file is not JSON, so it is not a recording');
  }
  if (file?.format !== FORMAT)
    throw new RecordingError('The file is not a recording of holdfast/inspector');
  if (file.version !== VERSION)
    throw new RecordingError(
      `The recording has version ${Number(file.version)}; this inspector reads version ${VERSION}`,
    );
  const { start, steps, module: kind } = file;
  const isStart = [start?.wall, start?.running, start?.seed].every(Number.isFinite);
  if (!isStart || !Array.isArray(steps) || !['client', 'followed'].includes(kind))
    throw new RecordingError('The recording is damaged: its start or its steps are missing');
  const recording = createRecording(kind, start, Infinity);
  let { wall, running } = start;
  for (const row of steps) {
    if (!Array.isArray(row) || row.length < 4 || row.length > STEP)
      throw new RecordingError('A step of the recording is not a list of numbers');
    const [what, newWall, newRunning, said, ...rest] = row;
    if (newWall !== null) wall = numberOf(newWall);
    if (newRunning !== null) running = numberOf(newRunning);
    if (!Number.isInteger(what) || what < 0 || what >= COUNT)
      throw new RecordingError('A step of the recording is about nothing that is known');
    const answer = said === 'trap' ? NaN : numberOf(said);
    const [a = NaN, b = NaN, c = NaN, d = NaN, e = NaN, f = NaN] = rest.map(numberOf);
    recording.note(what, wall, running, answer, a, b, c, d, e, f);
  }
  recording.isFull = !file.isWhole;
  for (const label of Array.isArray(file.labels) ? file.labels : []) {
    const { seq, id, event, data } = label ?? {};
    if (Number.isFinite(seq))
      recording.labels.set(seq, { id: textOf(id), event: textOf(event), data });
  }
  return recording;
}
