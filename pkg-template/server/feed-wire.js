// Sends an item that is JSON already. Socket.IO would encode each packet again, and encoding twice is most of what an
// item costs more than a plain event.

/**
 * @typedef {(room: string, except: string[], json: string, data: () => unknown[]) => void} SendJson `json`: a list of the
 *   event and its arguments; `data`: the same as values, for the app's listeners of outgoing events
 */

/**
 * Makes a function that sends JSON through a namespace whose adapter knows only this process.
 *
 * @param {any} namespace
 * @returns {SendJson | undefined} undefined if packets go to other processes, the app has its own parser, or this version
 *   of Socket.IO does not allow it: then Socket.IO has to encode them
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
  // The same adapter with another encoder, for these calls only.
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

/** Whether an adapter is Socket.IO's default one, which knows only this process and sends at once. @param {any} adapter */
export function isPlainAdapter(adapter) {
  let depth = 0;
  for (let one = adapter; one; one = Object.getPrototypeOf(one)) depth += 1;
  return adapter?.constructor?.name === 'Adapter' && depth === PLAIN_DEPTH;
}

/** A packet for the adapter, whose values are only made if something reads them. */
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

/** The packet type of an event in the protocol of Socket.IO. */
const EVENT = 2;
const PROBE = ['probe', { list: [1, null, 'é"'] }];
const NOBODY = 'holdfast:nobody';
/** The length of the default adapter's prototype chain: itself, its class, EventEmitter and Object. */
const PLAIN_DEPTH = 4;
