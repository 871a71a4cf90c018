/** Carries out the client's orders about the link (credentials, connect, join, ping), and reports its changes back. */

import { printOf } from './generations.js';
import { DOWN, GRANT, ORDER, TOLD } from './numbers.js';
import { call, kindOfError, textOf } from './report.js';
import { printOfId } from './server-events.js';
import { decided } from './verdict.js';

/** The client's number for a user id; 0 for none. */
const printOfUser = (/** @type {string | undefined} */ id) => (id === undefined ? 0 : printOf(id));

/**
 * @param {() => import('../types/settings.d.ts').Settings} settings
 * @param {import('./engine.js').Engine} engine
 * @param {ReturnType<typeof import('./wire.js').createWire>} wire
 * @param {ReturnType<typeof import('./loose.js').createLoose>} loose
 * @param {ReturnType<typeof import('./trouble.js').createTrouble>} trouble
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 * @param {ReturnType<typeof import('./owner.js').createOwner>} owner
 * @param {() => void} load reads from disk how far the user's feeds have come
 * @param {(phase: import('../types/index.d.ts').Phase) => void} lost called at once when the link is gone, before the engine reports it
 */
export function createLink(settings, engine, wire, loose, trouble, session, owner, load, lost) {
  /** The engine's last connection attempt. The wire has forgotten its own by the time it reports the end. */
  let attempt = 0;
  /** The credentials that the app gave for it, until the engine has compared them. */
  /** @type {import('./session.js').Grant | undefined} */
  let offered;

  /** Reports the transport that messages are sent over from now on. */
  const tellTransport = (/** @type {typeof engine.note | typeof engine.tell} */ how) =>
    how(TOLD.over, wire.epoch(), wire.isPolling(), wire.maxPayload());

  /** Emits the join of the user's room. */
  const join = () => {
    const { join } = settings();
    if (!join) return;
    const user = session.user();
    const payload = /** @type {any} */ (call(join.payload, user));
    const [a, b, c] = [user, `user_${user}`, payload?.room ?? payload].map(printOfId);
    engine.note(TOLD.askedForRoom, a, b, c);
    if (join.event) loose.emitAsked(join.event, payload === undefined ? [] : [payload]);
  };

  const orders = {
    [ORDER.authorize](/** @type {number} */ epoch) {
      attempt = epoch;
      session.authorize(epoch, (answer) => {
        if ('error' in answer) {
          const { error } = answer;
          const what =
            error === undefined
              ? 'returned no object such as { token }'
              : `failed with ${kindOfError(error)}: see error.cause in onError`;
          trouble.fail('AUTH_FAILED', `The option auth ${what}`, error);
          engine.tell(TOLD.authorized, epoch, GRANT.failed);
        } else if (answer.grant) {
          offered = answer.grant;
          const { name, subject } = offered;
          engine.tell(TOLD.granted, epoch, printOfUser(name), printOfUser(subject));
        } else {
          engine.tell(TOLD.authorized, epoch, GRANT.absent);
        }
      });
    },
    [ORDER.foreign]: () =>
      trouble.fail(
        'AUTH_FAILED',
        'The credentials name another user: nothing is sent until they match',
      ),
    [ORDER.connect](/** @type {number} */ epoch, /** @type {number} */ failures) {
      if (offered) session.grant(offered);
      owner.open();
      load();
      try {
        wire.connect(epoch, failures, settings().reconnect.upgradeTimeoutMs);
      } catch (error) {
        trouble.fail('CONNECT_FAILED', `Connecting failed: ${textOf(error)}`, error);
        engine.tell(TOLD.linkDown, epoch, DOWN.lost, 0);
      }
    },
    [ORDER.disconnect](/** @type {number} */ _epoch, /** @type {number} */ polite) {
      lost(polite ? 'idle' : 'waiting');
      wire.close(polite > 0, engine.note(TOLD.accepts) <= 0);
    },
    [ORDER.join]: join,
    [ORDER.ping](/** @type {number} */ epoch) {
      const { health } = settings();
      if (health?.event)
        loose.emit(health.event, health.args, () => engine.tell(TOLD.ponged, epoch));
    },
    [ORDER.receipt](
      /** @type {number} */ epoch,
      /** @type {number} */ name,
      /** @type {number} */ count,
    ) {
      if (epoch === wire.epoch()) wire.receipt(name, count);
    },
  };

  return {
    orders,
    join,

    /** The connection switched to another transport. */
    over: () => tellTransport(engine.tell),

    /** The server accepted the connection. */
    up() {
      const { join, userId } = settings();
      trouble.over();
      // The user that the app names may have changed during the connection attempt.
      if (typeof userId === 'function') owner.tellName();
      tellTransport(engine.note);
      const joins = join !== null && (join.event === null || session.user() !== undefined);
      engine.tell(TOLD.linkUp, wire.epoch(), joins);
    },

    /** @type {import('./wire.js').Hooks[9]} */
    down(error, isRejection, reason) {
      lost('waiting');
      if (error) {
        trouble.fail(
          isRejection ? 'REJECTED' : 'CONNECT_FAILED',
          `${isRejection ? 'The server refused the connection' : 'Connecting failed'}: ${error.message}`,
          error,
        );
      }
      const { onRejected, onServerDisconnect } = settings().reconnect;
      const isKick = reason === 'io server disconnect';
      const decide = isRejection ? onRejected : isKick ? onServerDisconnect : undefined;
      // The words are in the order of `DOWN`.
      const [own, span = 0] = decided(decide, [error ?? { reason }], ['retry', 'stop']);
      const cause = isKick
        ? own || DOWN.kicked
        : (own ?? (error?.data?.final ? DOWN.final : DOWN.lost));
      engine.tell(TOLD.linkDown, attempt, cause, span);
    },
  };
}
