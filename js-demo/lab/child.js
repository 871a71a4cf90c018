// The demo's server as a child process, which can be killed and restarted on the same port.

import { fork } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../server/main.js', import.meta.url));
/** While the server is down, the system may give its port to an outgoing connection. */
const TRIES = 20;
const RETRY_MS = 250;

/** @param {{ env: Record<string, string>, onChange: () => void }} options `onChange` is called after each change of `state` */
export function createChild({ env, onChange }) {
  /** @type {import('node:child_process').ChildProcess | null} */
  let running = null;
  let faults = {};
  let orders = 0;
  let state = 'down';
  let url = null;
  // Starting and killing take a while. They run one after the other.
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
      // A port that the server never had belongs to another program, which will not release it soon.
      if (tries === TRIES || url === null) break;
      await setTimeout(RETRY_MS);
    }
    become('down');
    throw new Error('The server does not start');
  }

  /** @returns {Promise<boolean>} whether the server listens */
  function launch() {
    // The system may choose the port of the first start. Every later start uses that port.
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
        // The process ended by itself, or another program ended it.
        if (state === 'up') become('down');
        resolve(false);
      });
    });
  }

  /** Tells the server which faults to have. Resolves when it has them, or when it has ended. */
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

    /** The server's URL, after its first start. */
    get url() {
      return url;
    },

    /** Resolves when the server listens. */
    start: () => inTurn(start),

    /** Sends SIGKILL. Resolves when the process has ended. */
    kill: () => inTurn(() => end('SIGKILL')),

    /** Sends SIGTERM. Resolves when the server has saved everything and has ended. */
    stop: () => inTurn(() => end('SIGTERM')),

    /** Sets the server's faults, also for later starts. Resolves when the server has them. */
    async setFaults(next) {
      faults = next;
      if (running) await send(running);
    },
  };
}
