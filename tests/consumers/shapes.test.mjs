// The recipes of docs/shapes.md, as they stand there: in a React app in StrictMode, over a link that is lost and to a
// server that is killed while messages are on their way.

import assert from 'node:assert/strict';
import path from 'node:path';
import test, { before, describe } from 'node:test';
import { build } from 'esbuild';
import { launchBrowser, openPage } from '../support/browser.mjs';
import { jwt } from '../support/jwt.mjs';
import { until } from '../support/until.mjs';
import { install } from './consumer.mjs';
import {
  assertInOrder,
  assertShownOnce,
  came,
  follow,
  isJoin,
  liveThrough,
  loseLink,
  ON_ITS_WAY,
  plain,
  SEND,
  send,
  startWire,
} from './shapes-kit.mjs';

/** What an app around each recipe says: who is there, and in which room. */
const APPS = {
  Module: `
    import { Chat } from './src/Chat.jsx';
    export { disconnectSocket as logout } from './src/socket.js';
    export const App = (props) => <Chat {...props} />;`,
  Context: `
    import { Chat } from './src/Chat.jsx';
    import { SocketContextProvider } from './src/SocketContext.jsx';
    export const App = ({ user, room }) => (
      <SocketContextProvider user={user}><Chat room={room} /></SocketContextProvider>
    );`,
  'Zustand store': `
    import { Chat } from './src/Chat.jsx';
    export const App = (props) => <Chat {...props} />;`,
  'Custom hook': `
    import { Chat } from './src/Chat.jsx';
    export const App = ({ room }) => <Chat room={room} />;`,
  'Next.js': `
    import Page from './src/app/page.jsx';
    export const App = () => <Page />;`,
  'Redux middleware': `
    import { Provider } from 'react-redux';
    import { Chat } from './src/Chat.jsx';
    import { store } from './src/store.js';
    export const App = (props) => <Provider store={store}><Chat {...props} /></Provider>;`,
  'Inline `io()`': `
    import { Chat } from './src/Chat.jsx';
    export const App = ({ room }) => <Chat room={room} />;`,
};

const MAIN = `
  import { StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  import { App } from './app.jsx';
  const user = { id: 'alice', token: 'a token' };
  let root;
  window.mount = () => {
    root = createRoot(document.querySelector('main'));
    root.render(<StrictMode><App user={user} room="lobby" /></StrictMode>);
  };
  window.unmount = () => root.unmount();
${SEND}
  window.mount();`;

const browser = await launchBrowser();
let folder;
before(async () => {
  folder = await install('shapes');
});

let bundles = 0;
/** Writes a recipe and an app around it, and answers the app as one script. */
async function bundle(title, main, { change, ...others } = {}) {
  bundles += 1;
  const to = path.join(folder, `app-${bundles}`);
  await follow(to, title, { ...others, 'main.jsx': main }, change);
  const { outputFiles } = await build({
    entryPoints: [path.join(to, 'main.jsx')],
    absWorkingDir: folder,
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    jsxDev: true,
    define: {
      'import.meta.env.VITE_SERVER': 'window.SERVER',
      'process.env.NEXT_PUBLIC_SERVER': 'window.SERVER',
      // StrictMode mounts twice in development alone.
      'process.env.NODE_ENV': '"development"',
    },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** The app, on a page of the server's origin: any Socket.IO server answers this with an error text. */
async function openApp(t, title, { proxy }, { main = MAIN, ...options } = {}) {
  const script = await bundle(title, main, { 'app.jsx': APPS[title] ?? '', ...options });
  const page = await openPage(t, browser, `${proxy.url}/socket.io/?transport=none`);
  await page.evaluate((url) => {
    window.SERVER = url;
    document.body.replaceChildren(document.createElement('main'));
  }, proxy.url);
  await page.evaluate(script);
  return page;
}

/** A page that calls what a recipe exports. */
const mainOf = (file) => `
  import * as recipe from './src/${file}';
  Object.assign(window, recipe);`;

const ALICE = {
  id: 'alice',
  room: 'hers',
  token: jwt({ sub: 'alice' }),
  join: ['join_room', 'hers'],
};
const BOB = { id: 'bob', room: 'his', token: jwt({ sub: 'bob' }), join: ['join_room', 'his'] };

/** By the recipe that is followed: who a connection is for, as its server knows it. */
const IDENTITIES = [
  {
    title: 'By query',
    file: 'query.js',
    who: ({ handshake }) => handshake.query.userId,
    // What waits ends with the Socket of its user.
    isKept: false,
  },
  {
    title: 'By query',
    name: 'By query, on a Socket that stays',
    file: 'query.js',
    change: (code) =>
      code
        .replace(
          'let socket = null;',
          'const socket = io(import.meta.env.VITE_SERVER, { autoConnect: false });',
        )
        .replace(
          /socket = io\(.*, \{ query: (.*) \}\);/,
          'socket.io.opts.query = $1;\n  socket.connect();',
        )
        .replace('socket?.', 'socket.')
        .replace('  socket = null;\n', ''),
    who: ({ handshake }) => handshake.query.userId,
    isKept: true,
  },
  {
    title: 'By auth',
    file: 'auth.js',
    who: ({ handshake }) =>
      JSON.parse(Buffer.from(handshake.auth.token.split('.')[1], 'base64url')).sub,
    isKept: true,
  },
  {
    title: 'By auth',
    name: 'By auth with tokens that cannot be read',
    file: 'auth.js',
    change: (code) =>
      code.replace(
        'autoConnect: false,',
        'autoConnect: false, holdfast: { userId: () => localStorage.getItem("token")?.slice(7) },',
      ),
    user: (user) => ({ ...user, token: `opaque ${user.id}` }),
    who: ({ handshake }) => handshake.auth.token.slice(7),
    isKept: true,
  },
  {
    title: 'By an event',
    file: 'event.js',
    user: (user) => ({ ...user, join: ['add-user', user.id] }),
    who: ({ came: [[, id]] }) => id,
    isKept: true,
  },
  {
    title: 'By a cookie',
    file: 'cookie.js',
    who: ({ handshake }) => /session=(\w+)/.exec(handshake.headers.cookie)[1],
    isKept: true,
  },
];

/** What came over each connection, but for messages that the same user's one before had brought: their receipt was lost. */
function newIn(links, who) {
  const known = new Set();
  return links.map((link) =>
    link.came.filter(([event, { text }]) => {
      const key = `${who(link)}: ${text}`;
      const isKnown = event === 'send_message' && known.has(key);
      known.add(key);
      return !isKnown;
    }),
  );
}

// Most of their time is waiting.
describe('apps', { concurrency: true }, () => {
  test('with the line as it was, what is on its way is lost with the link', async (t) => {
    const wire = await startWire(t);
    const page = await openApp(t, 'Module', wire, { change: plain });
    await page.waitForSelector('form');
    await send(page, 'one');
    await came(wire, ['one']);
    await loseLink(page, wire, { onItsWay: ON_ITS_WAY, meanwhile: ['meanwhile'] });
    wire.proxy.refuse(false);
    await came(wire, ['meanwhile']);
    assert.deepEqual(wire.texts(), ['one', 'meanwhile']);
    assert.deepEqual(wire.links.at(-1).came.filter(isJoin), [], 'nor is the room joined again');
  });

  for (const title of Object.keys(APPS)) {
    test(`${title}: all messages arrive, and each is shown once`, async (t) => {
      const wire = await startWire(t);
      const page = await openApp(t, title, wire);
      await page.waitForSelector('form');
      const sent = await liveThrough(page, wire);

      await page.evaluate(() => window.unmount());
      const joins = wire.joins();
      await page.evaluate(() => window.mount());
      await until(() => wire.joins() > joins, 'joined when mounted again');
      await assertShownOnce(page, wire, 'mounted again');
      await send(page, 'last');
      await came(wire, ['last']);

      assertInOrder(wire, [...sent, 'last']);
    });
  }

  for (const title of ['Module', 'Zustand store', 'Next.js', 'Redux middleware']) {
    test(`${title}: what waits when its component is unmounted arrives`, async (t) => {
      const wire = await startWire(t);
      const page = await openApp(t, title, wire);
      await page.waitForSelector('form');
      await send(page, 'one');
      await came(wire, ['one']);
      await loseLink(page, wire, { onItsWay: ON_ITS_WAY, meanwhile: ['meanwhile'] });
      await page.evaluate(() => window.unmount());
      wire.proxy.refuse(false);
      await page.evaluate(() => window.mount());
      await came(wire, ['meanwhile']);
      assertInOrder(wire, ['one', ...ON_ITS_WAY, 'meanwhile']);
    });
  }

  for (const {
    title,
    name = title,
    file,
    change,
    user = (one) => one,
    who,
    isKept,
  } of IDENTITIES) {
    test(`${name}: nothing of one user reaches the connection of the next`, async (t) => {
      const wire = await startWire(t);
      const [alice, bob] = [user(ALICE), user(BOB)];
      const page = await openApp(t, title, wire, { main: mainOf(file), change });
      const login = async (one) => {
        await page.context().addCookies([{ name: 'session', value: one.id, url: wire.proxy.url }]);
        await page.evaluate((it) => window.login(it), one);
      };
      const logout = () => page.evaluate(() => window.logout());
      const message = (text) => ['send_message', { text }];

      await login(alice);
      await send(page, 'hers');
      await came(wire, ['hers']);
      await loseLink(page, wire, { onItsWay: ['hers, lost'], meanwhile: ['hers, waiting'] });
      await logout();
      await login(bob);
      await send(page, 'his');
      wire.proxy.refuse(false);
      await came(wire, ['his']);

      // Away and back: what is said again is his alone.
      await loseLink(page, wire, { onItsWay: ['his, lost'], meanwhile: ['his, waiting'] });
      await logout();
      await login(bob);
      await send(page, 'his again');
      wire.proxy.refuse(false);
      await came(wire, ['his again']);

      // Without a break.
      await logout();
      await login(alice);
      await send(page, 'hers again');
      await came(wire, ['hers again']);

      const [hers, his, hisAgain, hersAgain, ...more] = wire.links;
      assert.deepEqual(more, []);
      assert.deepEqual([hers, his, hisAgain, hersAgain].map(who), ['alice', 'bob', 'bob', 'alice']);
      const [first, second, third, fourth] = newIn(wire.links, who);
      assert.deepEqual(first, [alice.join, message('hers')]);
      assert.deepEqual(second, [bob.join, message('his')]);
      const kept = isKept ? [message('his, lost'), message('his, waiting')] : [];
      assert.deepEqual(third, [bob.join, ...kept, message('his again')]);
      assert.deepEqual(fourth, [alice.join, message('hers again')]);
      const isTold = page.problems.log.some((line) => line.includes('LOGGED_OUT'));
      assert.equal(isTold, isKept, 'the app is told of what will not arrive');
    });
  }
});
