// Finds the code blocks of the documentation and reads their marks. README.md in the folder above describes the marks.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../support/paths.mjs';

/** Languages that nobody runs: commands, output, data. */
const NOT_CODE = new Set([
  'sh',
  'shell',
  'bash',
  'console',
  'text',
  'json',
  'output',
  'diff',
  'ini',
]);

/** What a block of each language is called where it has no `file`. */
const EXTENSIONS = { js: 'js', mjs: 'mjs', jsx: 'jsx', ts: 'ts', tsx: 'tsx', html: 'html' };

const MARKS = ['sample', 'file', 'with', 'run', 'run-by', 'not-run'];

/** Generated pages hold signatures, not programs: there a block without a mark is no mistake. */
const GENERATED = ['docs/reference/'];

/** README.md and every page in docs/, relative to the repository. */
export function findPages(folder = root) {
  const pages = [];
  const visit = (name) => {
    for (const entry of readdirSync(path.join(folder, name), { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
      const inside = `${name}/${entry.name}`;
      if (entry.isDirectory()) visit(inside);
      else if (entry.name.endsWith('.md')) pages.push(inside);
    }
  };
  visit('docs');
  return ['README.md', ...pages.sort()];
}

export const readPage = (page) => readPageText(page, readFileSync(path.join(root, page), 'utf8'));

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {Record<string, string>} marks
 * @property {string} code
 * @property {number} line of the opening fence in the page, from 1
 *
 * @typedef {object} Sample
 * @property {string} page
 * @property {string} name
 * @property {string[]} preludes
 * @property {'program' | 'types'} run
 * @property {Block[]} blocks
 *
 * @param {string} page its path, for messages
 * @param {string} text
 * @returns {{ samples: Sample[], elsewhere: Block[], mistakes: string[] }} `elsewhere`: blocks that another test runs, or
 *   nothing can run
 */
export function readPageText(page, text) {
  const mistakes = [];
  const elsewhere = [];
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  const isGenerated = GENERATED.some((folder) => page.startsWith(folder));
  for (const block of blocksOf(text)) {
    const at = `${page}:${block.line}`;
    const { marks } = block;
    const unknown = Object.keys(marks).filter((mark) => !MARKS.includes(mark));
    if (unknown.length > 0) mistakes.push(`${at}: unknown mark ${unknown}; there are ${MARKS}`);
    else if (marks['run-by'] || marks['not-run']) elsewhere.push(block);
    else if (marks.sample) addTo(samples, page, block, mistakes);
    else if (!NOT_CODE.has(block.language) && !isGenerated) {
      mistakes.push(
        `${at}: a block of '${block.language}' without a mark: see tests/docs/README.md`,
      );
    }
  }
  return { samples: [...samples.values()], elsewhere, mistakes };
}

function addTo(samples, page, block, mistakes) {
  const { sample: name, file, with: preludes, run } = block.marks;
  const at = `${page}:${block.line}`;
  if (!samples.has(name))
    samples.set(name, { page, name, preludes: [], run: 'program', blocks: [] });
  const sample = samples.get(name);
  if (preludes) sample.preludes.push(...preludes.split(','));
  if (run === 'types') sample.run = run;
  else if (run) mistakes.push(`${at}: run=${run}; it may be types`);
  if (!file && !EXTENSIONS[block.language]) {
    mistakes.push(`${at}: a sample of '${block.language}' needs a file`);
  }
  sample.blocks.push(block);
}

/** The name under which a block is written. @param {Block} block */
export const fileOf = ({ marks, language }) => marks.file ?? `sample.${EXTENSIONS[language]}`;

/** @param {string} text @returns {Block[]} */
function blocksOf(text) {
  const blocks = [];
  let open = null;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent, fence, info] = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? [];
    if (!open) {
      if (!fence || info.includes('`')) continue;
      const [language = '', ...words] = info.split(/\s+/);
      const marks = Object.fromEntries(words.filter(Boolean).map(pairOf));
      open = { fence, indent, block: { language, marks, line: index + 1 }, lines: [] };
    } else if (fence?.startsWith(open.fence) && info === '') {
      blocks.push({ ...open.block, code: open.lines.map((one) => `${one}\n`).join('') });
      open = null;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  return blocks;
}

function pairOf(word) {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
