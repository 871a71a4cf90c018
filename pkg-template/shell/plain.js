/**
 * Answers instead of the module when that cannot run or died, over a Socket that socket.io-client drives again. Joins
 * are emitted at each connect, callbacks hear events, and a message is sent once, when there is a connection, and settles
 * by its acknowledgement or a deadline. Nothing is retried or saved.
 */

import {
  CLAIM,
  CODES,
  FATE,
  OPINION,
  READING,
  SEND_FLAG,
  STANDINGS,
  TOLD,
  WAY_FLAG,
  WAYS,
} from './numbers.js';
import { later } from './timer.js';

/** A claim that its senders hear of. */
const claimOf = (/** @type {typeof CODES[number]} */ code) => CODES.indexOf(code) + CLAIM.audience;

/** @param {number} flags */
const wayIn = (flags) => WAYS[Math.trunc(flags / WAY_FLAG) % WAYS.length];
const isAcked = (/** @type {number} */ flags) => ['acked', 'always'].includes(wayIn(flags));

/** The first message number: beyond those that the module used. */
const FIRST = 2 ** 19;

/**
 * @param {any} socket
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {(seq: number, attempt: number, isAsked: number, isLarge: number) => void} transmit
 * @param {(seq: number, claim: number) => void} settle
 * @param {(waiting: number, sent: number) => void} changed
 */
export function createPlain(socket, settings, transmit, settle, changed) {
  let seq = FIRST;
  /** Messages that wait for a connection, with the milliseconds until their acknowledgement is due; 0 asks for none. @type {Map<number, number>} */
  const unsent = new Map();
  /** Messages that were sent, with the timer of their deadline. @type {Map<number, any>} */
  const sent = new Map();
  /** The newest message of the way `latest` in each lane. @type {Map<number, number>} */
  const newest = new Map();
  /** Messages that have ended, with their claims; `carryOut` settles them. @type {Map<number, number>} */
  const ends = new Map();

  /** @param {number} claim @param {Iterable<number>} those */
  const end = (claim, those) => {
    for (const one of those) {
      if (!ends.has(one)) ends.set(one, claim + (sent.has(one) ? CLAIM.maybe : 0));
    }
  };

  /** Ends every message. @param {typeof CODES[number]} code */
  const endAll = (code) => end(claimOf(code), [...unsent.keys(), ...sent.keys()]);

  const carryOut = () => {
    for (const [one, claim] of ends) {
      ends.delete(one);
      clearTimeout(sent.get(one));
      unsent.delete(one);
      sent.delete(one);
      settle(one, claim);
    }
    for (const [one, ms] of unsent) {
      if (!socket.connected) break;
      const late = () => {
        end(claimOf('ACK_TIMEOUT') + CLAIM.retryable, [one]);
        carryOut();
      };
      unsent.delete(one);
      if (ms) sent.set(one, later(late, ms, settings().io));
      transmit(one, 1, ms, 0);
      // No acknowledgement was asked for: nothing more will be known.
      if (!ms) settle(one, claimOf('SUCCESS'));
    }
    changed(unsent.size, sent.size);
  };

  return {
    /** The connection is gone, and with it every acknowledgement. */
    lost() {
      end(claimOf('LINK_LOST') + CLAIM.retryable, sent.keys());
      carryOut();
    },

    endAll,

    /**
     * Answers what the engine is told, as the module would; undefined if it is not supported here.
     * @param {number} what one of `TOLD` @param {any} a @param {any} _b @param {any} c @param {any} _d @param {any} e
     * @returns {number | undefined}
     */
    tell(what, a, _b, c, _d, e) {
      switch (what) {
        case TOLD.poll:
          carryOut();
          return -Infinity;
        case TOLD.send:
          if (c & SEND_FLAG.known) return c & SEND_FLAG.same ? a : -CODES.indexOf('DUPLICATE_ID');
          if (c & SEND_FLAG.long) return -CODES.indexOf('INVALID_MESSAGE_PAYLOAD');
          seq += 1;
          unsent.set(seq, isAcked(c) ? e || settings().send.ackTimeoutMs : 0);
          if (wayIn(c) === 'latest') {
            end(claimOf('CANCELLED'), [/** @type {number} */ (newest.get(a))]);
            newest.set(a, seq);
          }
          return seq;
        case TOLD.acked: {
          const own = Math.trunc(c / OPINION);
          const isAccepted = own > 0 ? own === 1 : c % OPINION === READING.accepted;
          ends.set(a, isAccepted ? claimOf('SUCCESS') + CLAIM.by : claimOf('ANSWER'));
          return 1;
        }
        case TOLD.cancel:
        case TOLD.leave:
          end(claimOf('CANCELLED'), [a]);
          return 0;
        case TOLD.standing:
          return STANDINGS.indexOf(sent.has(a) ? 'answer' : 'link');
        case TOLD.came:
          return FATE.isNews;
        case TOLD.remember:
        case TOLD.accepts:
          return +socket.connected;
        case TOLD.isPresenceStale:
          return +!socket.connected;
        case TOLD.logOut:
          endAll('LOGGED_OUT');
          return undefined;
        case TOLD.destroy:
          endAll('CLOSED');
          return undefined;
        case TOLD.emitSoon:
        case TOLD.seen:
        case TOLD.live:
          return 0;
        default:
          return undefined;
      }
    },
  };
}
