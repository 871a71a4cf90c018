// Sends what is JSON already. Socket.IO encodes each packet by itself; an item was made JSON for the store, and doing that
// twice is most of what an item would cost beside a plain event.

/**
 * @typedef {(room: string, except: string[], json: string, data: () => unknown[]) => void} SendJson `json`: a list of the
 *   event and its arguments; `data`: the same as values, for the app's listeners of what is sent
 */

/**
 * Makes the function that sends JSON through a namespace of this process alone.
 *
 * @param {any} namespace
 * @returns {SendJson | undefined} nothing where packets go to other processes, are encoded by a parser of the app's, or
 *   where this version of Socket.IO has no place for it: then it has to encode them
 */
export function jsonSender(namespace) {
  const { adapter, name } = namespace;
  if (!isPlainAdapter(adapter)) return undefined;
  const head = name === '/' ? `${EVENT}` : `${EVENT}${name},`;
  let text = '';
  let asked = 0;
  const encoder = {
    encode() {
      asked += 1;
      return [text];
    },
  };
  // The adapter itself, with another encoder for those calls alone.
  const own = Object.create(adapter, { encoder: { value: encoder } });

  /** @type {SendJson} */
  const send = (room, except, json, data) => {
    text = head + json;
    const options = { rooms: new Set([room]), except: new Set(except), flags: {} };
    adapter.broadcast.call(own, new Packet(data), options);
  };

  try {
    const packet = { type: EVENT, nsp: name, data: PROBE };
    const [encoded, ...more] = adapter.encoder.encode(packet);
    send(NOBODY, [], JSON.stringify(PROBE), () => PROBE);
    const isSame = encoded === text && more.length === 0;
    return isSame && asked === 1 && adapter.encoder.replacer === undefined ? send : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is the one of Socket.IO that knows this process alone and sends at once. @param {any} adapter */
export function isPlainAdapter(adapter) {
  let depth = 0;
  for (let one = adapter; one; one = Object.getPrototypeOf(one)) depth += 1;
  return adapter?.constructor?.name === 'Adapter' && depth === PLAIN_DEPTH;
}

/** What the adapter takes, with its values made only for who asks. */
class Packet {
  /** @param {() => unknown[]} data */
  constructor(data) {
    this.type = EVENT;
    this.nsp = '';
    this.values = data;
  }

  get data() {
    return this.values();
  }
}

/** The number of an event in the protocol of Socket.IO. */
const EVENT = 2;
const PROBE = ['probe', { list: [1, null, 'é"'] }];
const NOBODY = 'holdfast:nobody';
/** The adapter itself, its class, EventEmitter and Object. */
const PLAIN_DEPTH = 4;
