// Bundles page scripts as an app's bundler does: the package from `pkg/` through its `exports`, and the build of
// socket.io-client for browsers. The published ESM build for browsers differs from the one for Node, and has had bugs
// of its own.

import path from 'node:path';
import { build } from 'esbuild';
import { pkg, root } from './paths.mjs';

/** The installed versions of socket.io-client that the tests run with. */
export const CLIENTS = {
  '4.7.0': 'socket.io-client-4.7.0',
  '4.8.1': 'socket.io-client-4.8.1',
  newest: 'socket.io-client',
};

const bundles = new Map();

/** The published builds of socket.io-client for browsers, by their folder or file. */
export const BUILDS = {
  esm: 'build/esm/',
  cjs: 'build/cjs/',
  minified: 'dist/socket.io.esm.min.js',
  /** A classic script, loaded earlier, that sets `window.io`. */
  global: 'dist/socket.io.min.js',
};

/**
 * Bundles a module. Equal calls share one build.
 *
 * @param {string} code an ES module that may import `holdfast`, `holdfast/socket`, ... and `socket.io-client`
 * @param {{ client?: string, build?: keyof typeof BUILDS }} [options] `client`: the package name under which a version
 *   is installed
 * @returns {Promise<string>} a classic script without imports
 */
export function bundle(code, { client = CLIENTS.newest, build = 'esm' } = {}) {
  const key = `${client} ${build}\n${code}`;
  if (!bundles.has(key)) bundles.set(key, bundleOnce(code, client, build));
  return bundles.get(key);
}

/** The path of a build of an installed version. */
export const clientFile = (client, build) =>
  path.join(
    root,
    'node_modules',
    client,
    BUILDS[build],
    /\/$/.test(BUILDS[build]) ? 'index.js' : '',
  );

async function bundleOnce(code, client, kind) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, sourcefile: 'page.js' },
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [installed(client, kind)],
  });
  if (kind === 'esm') assertBrowserBuild(Object.keys(metafile.inputs), client);
  return outputFiles[0].text;
}

function installed(client, kind) {
  return {
    name: 'installed',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^socket\.io-client$/ }, ({ kind: how, pluginData }) => {
        if (pluginData?.resolved) return null;
        if (kind === 'global') return { path: 'window.io', namespace: 'global' };
        if (kind !== 'esm') return { path: clientFile(client, kind) };
        return resolve(client, { kind: how, resolveDir: root, pluginData: { resolved: true } });
      });
      onLoad({ filter: /.*/, namespace: 'global' }, () => ({
        contents: 'export const { io, Manager, Socket, protocol } = window.io;',
      }));
      // The package may import itself by name, so the name is resolved from inside of `pkg/`, through its `exports`.
      onResolve({ filter: /^holdfast(\/|$)/ }, ({ path: name, kind: how, pluginData }) =>
        pluginData?.resolved
          ? null
          : resolve(name, { kind: how, resolveDir: pkg, pluginData: { resolved: true } }),
      );
    },
  };
}

/** Fails unless the bundle contains exactly the wanted client, once, in its ESM build for browsers. */
function assertBrowserBuild(paths, client) {
  // The packages may be installed in a parent folder.
  const inputs = paths.map((path) => path.replace(/^(\.\.\/)+/, ''));
  const clients = inputs.filter((input) => /socket\.io-client[^/]*\/(build|dist)\//.test(input));
  const wanted = `node_modules/${client}/build/esm/`;
  const wrong = clients.filter((input) => !input.startsWith(wanted));
  const node = inputs.filter((input) => /esm-debug|build\/cjs|\.node\.js$/.test(input));
  if (wrong.length || node.length) {
    throw new Error(`expected only ${wanted} in the bundle, got ${[...wrong, ...node].join(', ')}`);
  }
  if (!clients.includes(`${wanted}index.js`)) throw new Error(`${client} is not in the bundle`);
}
