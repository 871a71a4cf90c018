// A Socket.IO server in memory, and the WebSocket classes that connect to it. It answers only where the test does.

import { Decoder, Encoder, PacketType } from 'socket.io-parser';

const { setTimeout } = globalThis;

/**
 * @typedef {object} Taken
 * @property {string} tab the tab that sent it
 * @property {string} event
 * @property {any[]} args all arguments except the acknowledgement
 * @property {string | undefined} id the message id
 * @property {(...reply: any[]) => void} ack
 */

export function createMemoryServer() {
  /** Every event, in the order of arrival. @type {Taken[]} */
  const taken = [];
  const links = new Set();
  let connections = 0;

  const server = {
    taken,
    /** While false, every attempt to connect fails. */
    isUp: true,
    /** Handles each event. @type {(taken: Taken) => void} */
    take: () => {},

    /** The ids of the messages that arrived from a tab or from all tabs, in order. @param {string} [tab] */
    ids: (tab) => taken.filter((one) => one.id && (!tab || one.tab === tab)).map((one) => one.id),

    /** Acknowledges every copy of a message that has arrived. @param {string} id */
    accept(id) {
      for (const one of taken) if (one.id === id) one.ack({ success: true });
    },

    /** Ends the connections of a tab, or of all tabs. @param {string} [tab] */
    drop(tab) {
      for (const link of links) if (!tab || link.tab === tab) link.end();
    },

    /** The WebSocket class of a tab. @param {string} tab */
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

        /** Ends the connection as a lost network does. */
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
