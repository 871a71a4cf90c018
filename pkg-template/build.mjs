// Makes `pkg/`, the npm package, from this folder and the compiled engine. `cargo xtask build` calls it:
//   node pkg-template/build.mjs --version 1.2.3 --module a.wasm --io-module b.wasm --script a.wasm.js --size-before 12345
//
// Each part becomes one file, as an ES module and as CommonJS, that bundles everything but the peer dependencies and the
// other parts. So each wasm is included once, and each part's state exists once.

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { checkPrivate, PRIVATE } from './private-names.mjs';
import { assembleReader } from './reader.mjs';
import { decode, encode } from './wasm-text.js';
import { compressed, SYNTAX, weighIo, weighSocket } from './weigh.mjs';

/**
 * The budgets: what an entry may add to an app, minified and gzipped, without socket.io-client. More than half of it is
 * the wasm; ARCHITECTURE.md lists what each part costs.
 */
const BUDGETS = [
  { entry: 'holdfast/socket', weigh: weighSocket, most: 61_500 },
  { entry: 'holdfast/io', weigh: weighIo, most: 42_000 },
];

/**
 * The parts of the package. The others share `core`; `module` and `io-module` have the wasm. Apps can't import these
 * three, since package.json doesn't name them. A part without a source file is left out, and so is its entry.
 */
const PARTS = [
  ...['module', 'io-module', 'core'],
  ...['index', 'socket', 'io', 'alias', 'react', 'server', 'without-wasm'],
  ...['inspector', 'inspector-react', 'inspector-replay', 'inspector-io-replay'],
];

/** Parts for which something else has to be compiled first: the option that says where it is. */
const COMPILED = {
  'without-wasm': 'script',
  inspector: 'replay',
  'inspector-react': 'replay',
  'inspector-replay': 'replay',
  'inspector-io-replay': 'io-replay',
};

/** Parts that replace socket.io-client: as with that, `require` returns `io` itself. */
const PLAIN = ['io', 'alias'];
const CALLABLE = 'module.exports=Object.assign(module.exports.io,module.exports);';

const source = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(source);
const staging = path.join(root, 'target/package/staging');
const destination = path.join(root, 'pkg');

/** The two forms of each part. */
const FORMS = [
  // Neutral: esbuild assumes no platform, and the same file runs in browsers and in Node.
  { format: 'esm', platform: 'neutral', folder: 'esm', extension: '.mjs' },
  // For `node`, esbuild adds the line by which Node finds the names that a CommonJS file exports.
  { format: 'cjs', platform: 'node', folder: '.', extension: '.js' },
];

const { values: options } = parseArgs({
  options: {
    version: { type: 'string' },
    module: { type: 'string' },
    /** The module for followed Sockets. */
    'io-module': { type: 'string' },
    /** The module as JavaScript, from wasm2js. Without it, `without-wasm` is not built. */
    script: { type: 'string' },
    /** Folders with the modules that play recordings, as wasm-bindgen writes them. Without them there is no `inspector`. */
    replay: { type: 'string' },
    'io-replay': { type: 'string' },
    'size-before': { type: 'string' },
    /** Skips the budgets and other checks, for deliberate bugs that are never shipped. */
    'any-size': { type: 'boolean' },
  },
});

/** The wasm of each `holdfast:` import. */
const modules = {
  wasm: await readFile(options.module),
  'io-wasm': await readFile(options['io-module']),
};
const script = options.script && scriptOf(await readFile(options.script, 'utf8'));
const parts = PARTS.filter(
  (name) => existsSync(sourceOf(name)) && (!(name in COMPILED) || options[COMPILED[name]]),
);
const reader = await assembleReader();

try {
  // The existing package is not touched before the new one is complete.
  await rm(staging, { recursive: true, force: true });
  checkImports();
  await mkdir(path.join(staging, 'esm'), { recursive: true });
  for (const form of FORMS) await bundle(form);
  await writeTypes();
  await writeManifest();
  await copyDocuments();
  await replaceContents(destination, staging);
  if (!options['any-size']) await report();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

function sourceOf(part) {
  return path.join(source, `${part}.js`);
}

/** Writes all parts in one form. */
async function bundle({ format, platform, folder, extension }) {
  const outputs = await Promise.all(
    parts.map(async (name) => {
      const file = path.join(staging, folder, name + extension);
      const { metafile } = await build({
        entryPoints: [sourceOf(name)],
        outfile: file,
        bundle: true,
        format,
        platform,
        target: SYNTAX,
        minify: true,
        mangleProps: name === 'core' ? PRIVATE : undefined,
        // Minified code can't be debugged without a map. The sources are inside of the map: bundlers that ask for maps
        // read it, and the others ignore it. Some bundlers would not find separate source files, and warn.
        sourcemap: 'linked',
        legalComments: 'none',
        footer: PLAIN.includes(name) && format === 'cjs' ? { js: CALLABLE } : {},
        // wasm-bindgen's own way to the module, which is not taken: bundlers would look for the file.
        define: name.endsWith('-replay') ? { 'import.meta.url': '""' } : {},
        external: ['socket.io-client', 'socket.io-client/*', 'react', 'react/*'],
        plugins: [
          made('compiled engine', Object.keys(modules), (name) => {
            return `export default '${textOf(modules[name])}';`;
          }),
          made('reader', ['reader'], () => `export default '${reader}';`),
          made('translated engine', ['script'], () => script),
          made('settings in order', ['settings'], settingsInOrder),
          made('version', ['version'], () => `export default ${JSON.stringify(options.version)};`),
          compiledReplays(),
          numbersInPlace(),
          otherPartsStayOutside(extension),
        ],
        metafile: true,
        logLevel: 'warning',
        absWorkingDir: root,
      });
      await tidyMap(`${file}.map`);
      return { name, file, inputs: Object.keys(metafile.inputs) };
    }),
  );
  if (!options['any-size']) await checkPrivate(root, outputs);
  for (const name of [...Object.keys(modules), 'reader']) {
    const holders = outputs.filter(({ inputs }) => inputs.includes(`holdfast:${name}`));
    if (holders.length > 1) {
      const names = holders.map((holder) => holder.name).join(' and ');
      throw new Error(
        `holdfast:${name} is in ${names}: only one part may import it, the others import that part`,
      );
    }
  }
}

/** Encodes wasm as text, and checks that it can be decoded: a module may outgrow the reader's memory. */
function textOf(bytes) {
  const text = encode(bytes);
  if (!bytes.equals(decode(text, reader))) throw new Error('the wasm cannot be read back');
  return text;
}

/** The shell gives the module what `values.js` exports, and a function that does nothing for every other import. */
function checkImports() {
  for (const [name, bytes] of Object.entries(modules)) {
    const others = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(
      (one) => one.module !== 'values' && !/^__wbg___wbindgen_throw_/.test(one.name),
    );
    if (others.length > 0) throw new Error(`${name} imports ${others[0].name}`);
  }
}

/**
 * A plugin for imports of `holdfast:` and one of these names, which are generated.
 * @param {string[]} names
 * @param {(name: string) => string | undefined | Promise<string>} contents
 */
function made(plugin, names, contents) {
  const own = new RegExp(`^(${names.join('|')})$`);
  return {
    name: plugin,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^holdfast:(${names.join('|')})$`) }, (one) => ({
        path: one.path.slice('holdfast:'.length),
        namespace: 'holdfast',
      }));
      onLoad({ filter: own, namespace: 'holdfast' }, async (one) => ({
        contents: await contents(one.path),
        loader: 'js',
      }));
    },
  };
}

/**
 * The output of wasm2js makes one instance when it is imported; change it into a function that makes one for each call.
 * Growing replaces its memory object, since the old buffer is not detached.
 */
function scriptOf(text) {
  const [, functions] = /^import .*?\n\n(.*)\nvar retasmFunc = asmFunc/s.exec(text);
  const replaced = [
    [/ return \{(?=\s+"memory": )/, ' const exports = {'],
    [/(?<=\n \};)(?=\n\}\s*$)/, '\n return exports;'],
    [/(?<=buffer = newBuffer;\s+bufferView = HEAPU8;)/, '\n exports.memory = { buffer };'],
  ].reduce((all, [from, by]) => {
    const pieces = all.split(from);
    if (pieces.length !== 2) throw new Error(`wasm2js wrote ${from} ${pieces.length - 1} times`);
    return pieces.join(by);
  }, functions);
  return `${replaced}\nexport default asmFunc;`;
}

/** Makes `holdfast:settings` from the table in `src/border/settings.rs`. */
async function settingsInOrder() {
  const table = await readFile(path.join(root, 'src/border/settings.rs'), 'utf8');
  const rows = table.matchAll(/^ +"([\w.]+)" => [\w.]+,$/gm);
  // `join` and `health` are null if they are off.
  const values = [...rows].map(([, option]) =>
    /^(join|health)/.test(option)
      ? `settings.${option.replace('.', '?.')} ?? 0`
      : `settings.${option}`,
  );
  return `export const settingNumbers = (settings) => [${values}];`;
}

/** `holdfast:replay` and `holdfast:io-replay`: what wasm-bindgen wrote, and the module beside it. */
function compiledReplays() {
  return {
    name: 'replays',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^holdfast:(io-)?replay(-wasm)?$/ }, ({ path: name }) => {
        const folder = options[name.includes('io-') ? 'io-replay' : 'replay'];
        const file = name.endsWith('-wasm') ? 'replay_bg.wasm' : 'replay.js';
        return { path: path.resolve(folder, file) };
      });
      onLoad({ filter: /replay_bg\.wasm$/ }, async ({ path: file }) => ({
        contents: await readFile(file),
        // As bytes it would be read by Buffer in CommonJS, which browsers have not.
        loader: 'base64',
      }));
    },
  };
}

/**
 * Turns the shell's tables of numbers into enums of TypeScript: esbuild replaces each member by its number, and leaves out
 * the table.
 */
function numbersInPlace() {
  return {
    name: 'numbers for names',
    setup({ onLoad }) {
      onLoad({ filter: /shell.numbers\.js$/ }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8');
        const contents = text.replace(
          /^export const (\w+) = \{([\s\w:,]+)\};$/gm,
          (_, name, members) => `export enum ${name} {${members.replaceAll(':', ' =')}}`,
        );
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Imports of other parts stay imports, of the file beside it in the same form. */
function otherPartsStayOutside(extension) {
  return {
    name: 'other parts stay outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path: specifier, resolveDir, kind }) => {
        if (kind === 'entry-point') return undefined;
        const file = path.resolve(resolveDir, specifier);
        const name = parts.find((part) => sourceOf(part) === file);
        return name && { path: `./${name}${extension}`, external: true };
      });
    },
  };
}

/**
 * Names sources in a map as the package's users know them, and leaves out contents that nobody reads there: the wasm, and
 * the sources of dependencies.
 */
async function tidyMap(file) {
  const map = JSON.parse(await readFile(file, 'utf8'));
  map.sources = map.sources.map((name, index) => {
    if (/^holdfast:(io-)?wasm$/.test(name))
      map.sourcesContent[index] = '// The engine, compiled.\n';
    if (/replay_bg\.wasm$/.test(name))
      map.sourcesContent[index] = '// The client for replays, compiled.\n';
    const [, dependency] = name.split('node_modules/');
    if (dependency) map.sourcesContent[index] = `// See ${dependency}\n`;
    return name.replace(/^.*(pkg-template|node_modules|target\/package)\//, 'holdfast/');
  });
  await writeFile(file, JSON.stringify(map));
}

/** Copies the handwritten types, once for each form, with imports of that form's files. */
async function writeTypes() {
  const folder = path.join(source, 'types');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.d.ts'));
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8');
    const stem = name.slice(0, -'.d.ts'.length);
    await writeFile(path.join(staging, name), renameImports(text, '.js'));
    await writeFile(path.join(staging, 'esm', `${stem}.d.mts`), renameImports(text, '.mjs'));
  }
}

function renameImports(text, extension) {
  return text.replace(
    /((?:from|import)\s*\(?\s*)(['"])(\.\/.+?)(?:\.d\.ts|\.js)?\2/g,
    (_, before, quote, name) => before + quote + name + extension + quote,
  );
}

async function writeManifest() {
  const manifest = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8'));
  manifest.version = options.version;
  // The sources are ES modules, but the built files that end in `.js` are CommonJS.
  manifest.type = 'commonjs';
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue;
    const lacks = (file) => !existsSync(path.join(staging, file));
    if (lacks(target.default.default)) delete manifest.exports[name];
    else if (lacks(target.default.types)) throw new Error(`the entry ${name} has no types`);
  }
  await writeFile(path.join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function copyDocuments() {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const { repository } = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8'));
  const address = repository.url.replace(/^git\+|\.git$/g, '');
  await writeFile(path.join(staging, 'README.md'), withAddresses(readme, address));
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    await cp(path.join(root, name), path.join(staging, name));
  }
}

/**
 * The README with the repository's address in each link to a file: the package does not have these files.
 * @param {string} markdown @param {string} repository
 */
function withAddresses(markdown, repository) {
  return markdown.replace(
    /(!?)(\[[^[\]]*\]\()(?![a-z]+:|#)([^()\s]+\))/g,
    (_, image, shown, target) =>
      `${image}${shown}${repository}/${image ? 'raw' : 'blob'}/HEAD/${target}`,
  );
}

/** Prints all sizes, and fails if an entry is over its budget. */
async function report() {
  const row = (name, ...sizes) =>
    console.log(
      name.padEnd(34) + sizes.map((size) => size.toLocaleString('en').padStart(10)).join(''),
    );
  console.log(`\n${'bytes'.padEnd(34)}${'raw'.padStart(10)}${'gzip'.padStart(10)}`);
  row('wasm, before the optimizer', Number(options['size-before']));
  for (const [name, bytes] of Object.entries(modules)) row(name, bytes.length, compressed(bytes));
  for (const { folder, extension } of FORMS) {
    for (const name of parts) {
      const bytes = await readFile(path.join(staging, folder, name + extension));
      row(path.join(folder, name + extension), bytes.length, compressed(bytes));
    }
  }
  const over = [];
  for (const { entry, weigh, most } of BUDGETS) {
    const { raw, gzipped } = await weigh(staging);
    row(`all that ${entry} loads`, raw, gzipped);
    row('its budget', '', most);
    if (gzipped > most) over.push(`${entry} is ${gzipped - most} bytes over its budget of ${most}`);
  }
  if (over.length > 0) throw new Error(over.join('; '));
}

/** Replaces the contents, but not the folder: apps that link to it, as the demo does, keep their link. */
async function replaceContents(folder, by) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(path.join(folder, name), { recursive: true });
  await cp(by, folder, { recursive: true });
}
