// A Socket.IO server in memory, and the WebSockets that lead to it. It answers what a test says, and nothing by itself.

import { Decoder, Encoder, PacketType } from 'socket.io-parser';

const { setTimeout } = globalThis;

/**
 * @typedef {object} Taken
 * @property {string} tab who sent it
 * @property {string} event
 * @property {any[]} args all of its arguments but the acknowledgement
 * @property {string | undefined} id of the message
 * @property {(...reply: any[]) => void} ack
 */

export function createMemoryServer() {
  /** Every event that came, in order. @type {Taken[]} */
  const taken = [];
  const links = new Set();
  let connections = 0;

  const server = {
    taken,
    /** While it is not, every attempt to connect fails. */
    isUp: true,
    /** What becomes of an event. @type {(taken: Taken) => void} */
    take: () => {},

    /** Whose messages came from a tab, in order. @param {string} [tab] */
    ids: (tab) => taken.filter((one) => one.id && (!tab || one.tab === tab)).map((one) => one.id),

    /** Acknowledges all that has come of a message. @param {string} id */
    accept(id) {
      for (const one of taken) if (one.id === id) one.ack({ success: true });
    },

    /** Ends the links of a tab, or all. @param {string} [tab] */
    drop(tab) {
      for (const link of links) if (!tab || link.tab === tab) link.end();
    },

    /** The class of a tab's WebSockets. @param {string} tab */
    webSocketOf: (tab) =>
      class {
        binaryType = 'arraybuffer';
        bufferedAmount = 0;
        readyState = 0;
        tab = tab;
        #decoder = new Decoder();
        #encoder = new Encoder();

        constructor() {
          this.#decoder.on('decoded', (packet) => this.#decoded(packet));
          setTimeout(() => {
            if (this.readyState !== 0) return;
            if (!server.isUp) {
              this.readyState = 3;
              this.onerror?.({});
              this.onclose?.({});
              return;
            }
            this.readyState = 1;
            links.add(this);
            this.onopen?.();
            const handshake = { sid: `link${++connections}`, upgrades: [], maxPayload: 1e8 };
            this.#say(`0${JSON.stringify({ ...handshake, pingInterval: 1e9, pingTimeout: 1e9 })}`);
          });
        }

        send(data) {
          if (this.readyState !== 1) return;
          if (typeof data !== 'string') this.#decoder.add(data);
          else if (data[0] === '4') this.#decoder.add(data.slice(1));
        }

        close() {
          links.delete(this);
          if (this.readyState === 3) return;
          this.readyState = 3;
          setTimeout(() => this.onclose?.({}));
        }

        /** The network is gone. */
        end() {
          links.delete(this);
          this.readyState = 3;
          this.onclose?.({});
        }

        #say(data) {
          setTimeout(() => this.readyState === 1 && this.onmessage?.({ data }));
        }

        #reply(packet) {
          for (const part of this.#encoder.encode(packet)) {
            this.#say(typeof part === 'string' ? `4${part}` : part);
          }
        }

        #decoded({ type, nsp, data, id }) {
          if (type === PacketType.CONNECT) {
            if (nsp === '/') this.#reply({ type, nsp, data: { sid: `s${connections}` } });
            else {
              const refused = { message: 'Invalid namespace' };
              this.#reply({ type: PacketType.CONNECT_ERROR, nsp, data: refused });
            }
          }
          if (type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) return;
          const [event, ...args] = data;
          const ack = (...reply) => {
            if (id !== undefined) this.#reply({ type: PacketType.ACK, nsp, id, data: reply });
          };
          const one = { tab, event, args, id: args[0]?._tempId, ack };
          taken.push(one);
          server.take(one);
        }
      },
  };
  return server;
}
