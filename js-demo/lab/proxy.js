// A small TCP proxy that breaks connections in the ways that networks do. It handles bytes, not messages. The one
// exception is `hangUpgrade`, which reads the heads of HTTP requests.

import net from 'node:net';

/**
 * Listens on its own port and forwards every connection to the target.
 *
 * @param {{ target: { host?: string, port: number }, host?: string, port?: number }} options
 *   `port` 0 (the default) lets the system choose; read it from `proxy.port`
 * @returns {Promise<FaultProxy>}
 */
export async function createProxy({ target, host = '127.0.0.1', port = 0 }) {
  const proxy = new FaultProxy({ host: '127.0.0.1', ...target });
  await proxy.listen(host, port);
  return proxy;
}

/** Made by `createProxy`. Every method except `close` takes effect before it returns. */
class FaultProxy {
  #target;
  #listener;
  #pairs = new Set();
  #counters = { connections: 0, refused: 0, upgradesHung: 0, bytesUp: 0, bytesDown: 0 };

  // The connections read these fields at every chunk.
  delayMs = 0;
  bytesPerMs = Infinity;
  /** The bytes that may still pass before a connection is reset. */
  allowance = Infinity;
  upgradesHang = false;
  #refusing = false;
  #newHang = false;

  constructor(target) {
    this.#target = target;
  }

  async listen(host, port) {
    this.#listener = net.createServer(ACCEPT, (client) => this.#accept(client));
    await new Promise((resolve, reject) => {
      this.#listener.once('error', reject).listen(port, host, resolve);
    });
    this.host = host;
    this.port = this.#listener.address().port;
    this.url = `http://${host}:${this.port}`;
  }

  /** `connections` accepted so far, `active` now, `refused`, `upgradesHung`, and the bytes forwarded in each direction. */
  get counters() {
    return { ...this.#counters, active: this.#pairs.size };
  }

  /** Resets every open connection, with RST to both sides. Bytes in transit are lost. New connections are forwarded. */
  cut() {
    for (const pair of [...this.#pairs]) pair.reset();
  }

  /**
   * While on, a new connection is accepted and reset at once. The listener stays open, so that no other program can take
   * the port. Open connections are not affected.
   */
  refuse(on = true) {
    this.#refusing = on;
  }

  /**
   * Half-open: connections stay open, and nothing passes in either direction: no byte, no FIN, no RST. The bytes that the
   * ends write stay in the kernel's buffers. New connections are accepted and hang too, unless `newToo` is false. `resume`
   * ends it; `cut` ends it for the connections that are open.
   */
  hang({ newToo = true } = {}) {
    this.#newHang = newToo;
    for (const pair of this.#pairs) pair.hang();
  }

  /** Ends `hang`: the bytes that were kept back now pass, in order. */
  resume() {
    this.#newHang = false;
    for (const pair of this.#pairs) pair.resume();
  }

  /**
   * Latency: from now on every byte arrives `ms` later, in each direction, so a round trip takes twice as long. Order is
   * kept, and throughput is not limited. A FIN is delayed too; an RST is not.
   */
  delay(ms) {
    this.delayMs = ms;
  }

  /**
   * Bandwidth: each direction of each connection passes `bitsPerSecond`. Bytes that are queued when the limit is removed
   * still leave at the old rate.
   *
   * @param {number} bitsPerSecond Infinity removes the limit
   */
  throttle(bitsPerSecond) {
    this.bytesPerMs = bitsPerSecond / 8000;
  }

  /**
   * After `bytes` more bytes, counted over both directions and all connections, the connection that carries the last of
   * them is reset at that byte. This happens once.
   *
   * @param {number} bytes Infinity cancels it
   */
  dropAfter(bytes) {
    this.allowance = bytes;
  }

  /**
   * While on, a connection that sends a request with `Upgrade: websocket` gets no answer from that request on. It stays
   * open until it is cut or its client closes it. All other requests pass. Turned off, later requests pass, and the
   * connections without an answer stay as they are. A request that follows others on the same connection is recognised
   * if it arrives in a chunk of its own, as browsers and Node send it.
   */
  hangUpgrade(on = true) {
    this.upgradesHang = on;
  }

  /** New connections go to another port of the same host. Open connections keep their target. */
  retarget(port) {
    this.#target = { ...this.#target, port };
  }

  /** Resets all connections and stops listening. */
  async close() {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    this.cut();
    await closed;
  }

  #accept(client) {
    if (this.#refusing) {
      this.#counters.refused += 1;
      client.on('error', ignore);
      client.resetAndDestroy();
      return;
    }
    this.#counters.connections += 1;
    const dial = () => net.connect({ ...this.#target, ...DIAL });
    const pair = new Pair(this, this.#counters, client, dial);
    this.#pairs.add(pair);
    pair.onclose = () => this.#pairs.delete(pair);
    if (this.#newHang) pair.hang();
    else pair.resume();
  }
}

/** A client connection, its connection to the target, and a queue of chunks for each direction. */
class Pair {
  #proxy;
  #counters;
  #client;
  #dial;
  #server = null;
  #lines = [];
  #hung = false;
  #swallowed = false;
  #lostWhileHung = false;
  onclose = ignore;

  constructor(proxy, counters, client, dial) {
    this.#proxy = proxy;
    this.#counters = counters;
    this.#client = client;
    this.#dial = dial;
    client.pause();
    this.#watch(client);
  }

  hang() {
    this.#hung = true;
    this.#client.pause();
    for (const line of this.#lines) line.stop();
  }

  resume() {
    this.#hung = false;
    if (this.#lostWhileHung) this.reset();
    else if (this.#swallowed) this.#client.resume();
    else if (!this.#server) this.#connect();
    for (const line of this.#lines) line.start();
  }

  reset() {
    for (const line of this.#lines) line.drop();
    this.#lines = [];
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
    this.onclose();
  }

  // Connect to the target only when bytes may pass, so that a hanging connection is unknown to it.
  #connect() {
    this.#server = this.#dial();
    this.#watch(this.#server);
    const counters = this.#counters;
    const up = new Line(this.#proxy, this.#client, this.#server, (n) => (counters.bytesUp += n));
    const down = new Line(
      this.#proxy,
      this.#server,
      this.#client,
      (n) => (counters.bytesDown += n),
    );
    this.#lines = [up, down];
    for (const line of this.#lines) line.onspent = () => this.reset();
    const asksForUpgrade = upgradeDetector();
    up.admit = (chunk) => {
      if (!this.#proxy.upgradesHang || !asksForUpgrade(chunk)) return true;
      this.#swallow();
      return false;
    };
  }

  #swallow() {
    this.#counters.upgradesHung += 1;
    this.#swallowed = true;
    for (const line of this.#lines) line.drop();
    this.#lines = [];
    this.#server.resetAndDestroy();
    this.#client.removeAllListeners('data').removeAllListeners('end');
    this.#client.on('end', () => this.reset()).resume();
  }

  #watch(socket) {
    socket.on('error', ignore);
    socket.on('close', (failed) => {
      const other = socket === this.#client ? this.#server : this.#client;
      if (failed && this.#hung) this.#lostWhileHung = true;
      else if (failed) this.reset();
      else if (other?.destroyed) this.onclose();
    });
  }
}

/** One direction: each chunk leaves `delayMs` after its arrival, in order. One timer serves all chunks. */
class Line {
  #queue = [];
  #timer = null;
  #running = false;
  admit = () => true;
  onspent = ignore;

  constructor(proxy, from, to, count) {
    this.proxy = proxy;
    this.from = from;
    this.to = to;
    this.count = count;
    from.on('data', (chunk) => this.admit(chunk) && this.#push(chunk));
    from.on('end', () => this.#push(null));
    to.on('drain', () => this.#running && from.resume());
  }

  start() {
    this.#running = true;
    this.#flush();
    if (!this.to.writableNeedDrain) this.from.resume();
  }

  stop() {
    this.#running = false;
    this.from.pause();
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  drop() {
    this.stop();
    this.#queue = [];
    this.#push = ignore;
  }

  #push = (chunk) => {
    const { delayMs, bytesPerMs } = this.proxy;
    // After the delay was lowered, a chunk must not overtake an older one.
    const begins = Math.max(performance.now() + delayMs, this.#queue.at(-1)?.due ?? 0);
    this.#queue.push({ chunk, due: begins + (chunk?.length ?? 0) / bytesPerMs });
    if (!this.#timer) this.#flush();
  };

  #flush = () => {
    this.#timer = null;
    if (!this.#running) return;
    const now = performance.now();
    let isSpent = false;
    let ready = 0;
    while (ready < this.#queue.length && this.#queue[ready].due <= now) ready += 1;
    this.to.cork();
    for (const { chunk } of this.#queue.splice(0, ready)) {
      if (chunk === null) this.to.end();
      else if (this.to.writable) {
        const passes = chunk.subarray(0, this.proxy.allowance);
        this.proxy.allowance -= passes.length;
        this.count(passes.length);
        if (!this.to.write(passes)) this.from.pause();
        if (passes.length < chunk.length) {
          isSpent = true;
          break;
        }
      }
    }
    this.to.uncork();
    if (isSpent) {
      this.proxy.allowance = Infinity;
      this.onspent();
      return;
    }
    const next = this.#queue[0];
    if (next) this.#timer = setTimeout(this.#flush, Math.max(1, Math.ceil(next.due - now)));
  };
}

/** Tells whether a chunk belongs to a WebSocket request. A request head may arrive in several chunks. */
function upgradeDetector() {
  let head = '';
  return (chunk) => {
    const incomplete = head.startsWith('GET ') && !head.includes('\r\n\r\n');
    head = ((incomplete ? head : '') + chunk.toString('latin1', 0, MAX_HEAD)).slice(0, MAX_HEAD);
    return /^GET [^\r\n]+\r\n(?:[^\r\n]+\r\n)*?upgrade:[ \t]*websocket\r\n/i.test(head);
  };
}

const DIAL = { allowHalfOpen: true, noDelay: true };
const ACCEPT = { ...DIAL, pauseOnConnect: true };
// Node refuses longer request heads as well.
const MAX_HEAD = 16_384;

function ignore() {}
