// The demo's server as a child process, which can be killed and started again on its port.

import { fork } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../server/main.js', import.meta.url));
/** Between two lives of the server, the system may lend its port to an outgoing connection. */
const TRIES = 20;
const RETRY_MS = 250;

/**
 * @param {{ env: Record<string, string>, onChange: () => void }} options `onChange` is called when `state`
 *   has changed
 */
export function createChild({ env, onChange }) {
  /** @type {import('node:child_process').ChildProcess | null} */
  let running = null;
  let faults = {};
  let orders = 0;
  let state = 'down';
  let url = null;
  // Starting and killing take a while and must not cross.
  let last = Promise.resolve();

  function become(next) {
    if (state === next) return;
    state = next;
    onChange();
  }

  function inTurn(work) {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function start() {
    if (running) return;
    become('starting');
    for (let tries = 1; ; tries += 1) {
      if (await launch()) {
        become('up');
        return;
      }
      // A port that it never had is somebody else's for longer.
      if (tries === TRIES || url === null) break;
      await setTimeout(RETRY_MS);
    }
    become('down');
    throw new Error('The server does not start');
  }

  /** @returns {Promise<boolean>} whether it listens */
  function launch() {
    // Its first port may be the system's choice; from then on it is that one.
    const port = url ? { PORT: new URL(url).port } : {};
    const child = fork(MAIN, {
      env: { ...process.env, ...env, ...port },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running = child;
    send(child);
    return new Promise((resolve) => {
      child.on('message', (message) => {
        if (message?.type !== 'listening') return;
        url = message.url;
        resolve(true);
      });
      child.once('exit', () => {
        if (running === child) running = null;
        // By itself, or because somebody else ended it.
        if (state === 'up') become('down');
        resolve(false);
      });
    });
  }

  /** Tells a server what it does wrong; resolves when it does so, or is gone. */
  function send(child) {
    orders += 1;
    const id = orders;
    return new Promise((resolve) => {
      const end = () => {
        child.off('message', hear).off('exit', end);
        resolve();
      };
      const hear = (message) => message?.type === 'faults' && message.id === id && end();
      child.on('message', hear).on('exit', end);
      child.send({ type: 'faults', id, faults }, (error) => error && end());
    });
  }

  async function end(signal) {
    const child = running;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  return {
    /** 'up', 'starting' or 'down' */
    get state() {
      return state;
    },

    /** Where it listens, once it was up. */
    get url() {
      return url;
    },

    /** Resolves when it is up. */
    start: () => inTurn(start),

    /** SIGKILL; resolves when it is gone. */
    kill: () => inTurn(() => end('SIGKILL')),

    /** SIGTERM; resolves when it has saved everything and is gone. */
    stop: () => inTurn(() => end('SIGTERM')),

    /** What it does wrong from now on, also after it was started again. Resolves when it does. */
    async setFaults(next) {
      faults = next;
      if (running) await send(running);
    },
  };
}
