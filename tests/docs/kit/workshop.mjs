// Writes samples as programs into folders of their own, checks their types, and runs them.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { pkg, root } from '../../support/paths.mjs';
import { fileOf } from './pages.mjs';

const preludes = fileURLToPath(new URL('../preludes', import.meta.url));
const library = fileURLToPath(new URL('../lib', import.meta.url));

/** The line of a prelude in whose place the sample stands. */
const PLACE = '// The sample stands here.\n';

const RUN_MS = 120_000;

/**
 * A folder whose programs find `holdfast` as an installed package, `docs-kit` as tests/docs/lib, and what the repository has
 * installed.
 */
export async function openWorkshop() {
  await mkdir(path.join(root, 'target'), { recursive: true });
  const folder = await mkdtemp(path.join(root, 'target', 'docs-'));
  await mkdir(path.join(folder, 'node_modules'));
  await symlink(path.resolve(pkg), path.join(folder, 'node_modules/holdfast'));
  await symlink(library, path.join(folder, 'node_modules/docs-kit'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  return { folder, close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/**
 * Writes the files of a sample.
 * @param {string} workshop
 * @param {import('./pages.mjs').Sample} sample
 */
export async function writeSample(workshop, sample) {
  const folder = path.join(workshop, sample.page.replaceAll('/', '_'), sample.name);
  await mkdir(folder, { recursive: true });
  const files = await filesOf(sample);
  for (const [name, code] of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  }
  const names = [...files.keys()];
  const entry = names.find((name) => name.startsWith('prelude.')) ?? names[0];
  return { folder, entry, checked: names.filter((name) => /\.[mc]?[jt]sx?$/.test(name)) };
}

/** @returns {Promise<Map<string, string>>} contents by name */
async function filesOf(sample) {
  const files = new Map();
  for (const block of sample.blocks) {
    const name = fileOf(block);
    files.set(name, (files.get(name) ?? '') + block.code);
    // A page's own script is checked as a file beside the page.
    const [, script] = /<script type="module">\n(.*?)<\/script>/s.exec(block.code) ?? [];
    if (name.endsWith('.html') && script) files.set(`${name}.js`, script);
  }
  for (const name of sample.preludes) {
    const prelude = await readPrelude(name);
    const [before, after] = prelude.split(PLACE);
    if (after === undefined) {
      files.set('prelude.mjs', prelude);
      continue;
    }
    const fragments = sample.blocks.filter(({ marks }) => !marks.file);
    if (fragments.length === 0)
      throw new Error(`the prelude ${name} has a place for a block without a file`);
    const place = fileOf(fragments[0]);
    files.delete(place);
    const code = fragments.map((block) => block.code).join('');
    files.set(`prelude.${place.split('.').pop()}`, `${before}${code}${after}`);
  }
  return files;
}

async function readPrelude(name) {
  for (const extension of ['mjs', 'jsx']) {
    const file = path.join(preludes, `${name}.${extension}`);
    if (existsSync(file)) return readFile(file, 'utf8');
  }
  throw new Error(`there is no prelude ${name} in tests/docs/preludes`);
}

const TYPE_OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  typeRoots: [path.join(root, 'node_modules/@types')],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.ReactJSX,
  allowJs: true,
  checkJs: true,
  strict: false,
  noEmit: true,
  skipLibCheck: true,
};

/**
 * Checks all samples in one run: names that nothing defines, options that do not exist, properties that a result does not have.
 *
 * @param {string[]} files
 * @returns {Map<string, string[]>} complaints by file
 */
export function checkTypes(files) {
  const complaints = new Map(files.map((file) => [file, []]));
  const program = ts.createProgram([...files, path.join(library, 'ambient.d.ts')], TYPE_OPTIONS);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    // A payload is unknown until TypeScript is told its type, which JavaScript does not do.
    if (/type 'unknown'\.$/.test(text)) continue;
    const found = file && complaints.get(file.fileName);
    if (!found) throw new Error(`${file?.fileName}: ${text}`);
    const { line } = file.getLineAndCharacterOfPosition(start);
    const source = file.text.split('\n')[line].trim();
    found.push(`${path.basename(file.fileName)}: ${text}\n    ${source}`);
  }
  return complaints;
}

const start = promisify(execFile);

/**
 * Runs a program in Node. It passes if it ends with 0; the output of one that does not is in the error.
 * @param {{ folder: string, entry: string }} written
 */
export async function runProgram({ folder, entry }) {
  const program = path.join(folder, 'bundled.mjs');
  await build({
    entryPoints: [path.join(folder, entry)],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    sourcemap: 'inline',
    logLevel: 'silent',
  });
  const port = await freePort();
  const code = await readFile(program, 'utf8');
  await writeFile(program, code.replaceAll('http://localhost:3000', `http://localhost:${port}`));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  env.HOLDFAST_DOCS_PORT = String(port);
  env.NODE_OPTIONS = `--enable-source-maps --import=${new URL('../lib/port.mjs', import.meta.url)}`;
  try {
    await start(process.execPath, [program], { cwd: folder, env, timeout: RUN_MS });
  } catch (error) {
    const reason = error.killed ? `did not end within ${RUN_MS} ms` : `ended with ${error.code}`;
    throw new Error(`the program ${reason}\n${error.stdout}\n${error.stderr}`);
  }
}

/** A port that nobody listens on at this moment. */
async function freePort() {
  const server = net.createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
