// Writes docs/options.md. The names, defaults and accepted values of the client's options come from the table in
// pkg-template/shell/options.js; the prose and the types come from the doc comments in pkg-template/types.
//
//     node docs/generate.mjs           writes the page
//     node docs/generate.mjs --check   fails if the committed page differs, or if a comment and the table disagree

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { filledFeed } from '../pkg-template/server/feed-options.js';
import { filled } from '../pkg-template/server/options.js';
import { OPTIONS } from '../pkg-template/shell/options.js';
import { anchorOf } from './anchors.mjs';
import { interfaceOf } from './types.mjs';

/**
 * @import { Documented } from './types.mjs'
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string} text
 * @property {Documented[]} options
 * @property {string} prefix before the names in headings, where they would repeat those of another section
 */

const docs = path.dirname(fileURLToPath(import.meta.url));
export const page = path.join(docs, 'options.md');

const { createClientDefaults, takes, defaults } = clientTable();

/** @type {Section[]} */
const SECTIONS = [
  {
    title: 'Client',
    text:
      'For `configureSocket` of `holdfast/socket`, `createClient` of `holdfast` and the prop `options` of `SocketProvider`. ' +
      'All are optional. A wrong value and an unknown name throw `INVALID_OPTION`; the error names the option, the kind of ' +
      'value that it got, and what it takes.',
    options: interfaceOf('index', 'Options'),
    prefix: '',
  },
  {
    title: 'A single send',
    text: 'The third argument of `client.send(event, data, options)`. They have priority over the options of the client.',
    options: interfaceOf('index', 'SendOptions'),
    prefix: 'send() ',
  },
  {
    title: 'holdfast/io',
    text: 'The option `holdfast` of `io(url, { holdfast: { ... } })` and of `new Manager(url, { holdfast: { ... } })`.',
    options: interfaceOf('io', 'HoldfastOptions'),
    prefix: 'holdfast.',
  },
  {
    title: 'SocketProvider',
    text: 'The props of the provider of `holdfast/react`.',
    options: interfaceOf('react', 'SocketProviderProps'),
    prefix: 'SocketProvider ',
  },
  ...[
    ['createDeduplicator', 'DeduplicatorOptions'],
    ['redisStore', 'RedisStoreOptions'],
    ['attachReliability', 'AttachOptions'],
    ['createFeed', 'FeedOptions'],
    ['memoryFeeds', 'MemoryFeedsOptions'],
    ['redisFeeds', 'RedisFeedsOptions'],
  ].map(([name, type]) => ({
    title: name,
    text: `The options of \`${name}\` in \`holdfast/server\`. A wrong value and an unknown name throw a TypeError.`,
    options: interfaceOf('server', type),
    prefix: `${name} `,
  })),
];

/**
 * Every way in which the comments and the code disagree: one sentence each.
 * @returns {string[]}
 */
export function disagreements() {
  const found = [];
  const [client] = SECTIONS;
  const documented = new Map(client.options.map((option) => [option.path, option]));
  for (const name of takes.keys()) {
    if (!documented.has(name)) found.push(`${name}: the table has it, the type does not`);
  }
  for (const { path: name, text, byDefault, isGroup } of client.options) {
    if (!takes.has(name) && !isGroup) found.push(`${name}: the type has it, the table does not`);
    if (text === '') found.push(`${name}: it has no doc comment`);
    if (isGroup) continue;
    const value = defaults.get(name);
    if (byDefault === '') found.push(`${name}: its comment names no default`);
    else if (isPlain(value)) found.push(...compare(name, literalOf(byDefault), value));
  }
  for (const { path: name, byDefault } of client.options) {
    const said = byDefault.match(/With `createClient`: `([^`]+)`/);
    const has = Object.hasOwn(createClientDefaults, name);
    if (said && !has) found.push(`${name}: createClient has no default of its own`);
    else if (has)
      found.push(...compare(`${name} with createClient`, said?.[1], createClientDefaults[name]));
  }
  const server = {
    createDeduplicator: filled({ userId: String }),
    createFeed: flatten(filledFeed({ userId: String })),
  };
  for (const { title, options } of SECTIONS.slice(1)) {
    const values = server[title] ?? {};
    for (const { path: name, text, byDefault } of options) {
      const label = `${title}: ${name}`;
      if (text === '') found.push(`${label}: it has no doc comment`);
      if (isPlain(values[name])) found.push(...compare(label, literalOf(byDefault), values[name]));
    }
  }
  return found;
}

/** @param {string} name @param {string | undefined} said @param {unknown} value */
function compare(name, said, value) {
  if (said === undefined) return [`${name}: its comment names no value as its default`];
  // The comments and the table are ours.
  const found = new Function(`return (${said})`)();
  if (isDeepStrictEqual(found, value)) return [];
  return [`${name}: the comment says ${said}, the code has ${JSON.stringify(value)}`];
}

/** Whether a comment can name the value: a function and what is found out later it describes. */
const isPlain = (value) =>
  value !== undefined &&
  typeof value !== 'function' &&
  (typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Object.keys(value).length === 0);

/** @param {string} byDefault */
const literalOf = (byDefault) => byDefault.match(/^`([^`]+)`/)?.[1];

/** As `createFeed` names them. */
const flatten = ({ limits: { bytes, ...limits }, ...rest }) => ({
  ...rest,
  ...limits,
  pageBytes: bytes,
});

/** The table of the client's options, and what of it `createClient` has otherwise, by path. */
function clientTable() {
  const takes = new Map();
  const defaults = new Map();
  const walk = (table, prefix) => {
    for (const [name, option] of Object.entries(table)) {
      if (typeof option.fits !== 'function') walk(option, `${prefix}${name}.`);
      else {
        takes.set(prefix + name, option.takes);
        defaults.set(prefix + name, option.byDefault);
      }
    }
  };
  walk(OPTIONS, '');
  // index.js imports the module, which only the build has.
  const source = readFileSync(path.join(docs, '../pkg-template/index.js'), 'utf8');
  const [, quiet] = source.match(/^const QUIET = (\{[^}]*\});$/m) ?? [];
  return { takes, defaults, createClientDefaults: new Function(`return ${quiet}`)() };
}

export function markdown() {
  const lines = [
    '# Options',
    '',
    '<!-- Made by docs/generate.mjs from pkg-template/shell/options.js and the doc comments in pkg-template/types. -->',
    '',
    'Every option of the package. Spans are in milliseconds. A span has `Ms` in its name, and takes a whole number from 1 to',
    '2,147,483,647 unless it says otherwise.',
    '',
    ...SECTIONS.map(({ title }) => `- [${title}](#${anchorOf(title)})`),
    '',
  ];
  for (const { title, text, options, prefix } of SECTIONS) {
    lines.push(`## ${title}`, '', text, '');
    lines.push('| option | type | default |', '| --- | --- | --- |');
    for (const option of options) {
      const { path: name, type, isGroup, byDefault } = option;
      const shown = isGroup ? '' : `\`${short(type)}\``;
      const link = `[\`${name}\`](#${anchorOf(prefix + name)})`;
      lines.push(`| ${link} | ${cell(shown)} | ${cell(byDefault)} |`);
    }
    lines.push('');
    for (const option of options) {
      const { path: name, type, isGroup, isRequired, byDefault, text: prose } = option;
      lines.push(`### \`${prefix}${name}\``, '');
      const facts = [];
      if (!isGroup) facts.push(`Type: \`${type}\`.`);
      if (isGroup && type.startsWith('false')) facts.push('Type: an object, or `false`.');
      if (isRequired) facts.push('Required.');
      if (byDefault) facts.push(`Default: ${byDefault}.`);
      const accepted = title === 'Client' ? takes.get(name) : undefined;
      if (accepted && BOUNDS.test(accepted) && !saysBounds(prose, accepted))
        facts.push(`Takes ${withCommas(accepted)}.`);
      if (facts.length > 0) lines.push(facts.join(' '), '');
      if (prose) lines.push(prose, '');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What is accepted, where the type does not say it. */
const BOUNDS = /^a whole number|not empty|pattern/;
/** The page says it once for all. */
const SPAN = `from 1 to ${2 ** 31 - 1}`;

/** @param {string} text */
const withCommas = (text) =>
  text.replace(/\d{4,}/g, (digits) => Number(digits).toLocaleString('en'));

/** Whether the prose says it already, or the page for all spans. @param {string} prose @param {string} accepted */
function saysBounds(prose, accepted) {
  const [, most = ''] = withCommas(accepted).match(/ to ([\d,]+)$/) ?? [];
  return (
    accepted.endsWith(SPAN) || prose.includes('0 allowed') || (most !== '' && prose.includes(most))
  );
}

/** The type for the table, where a long one has no room. @param {string} type */
function short(type) {
  if (type.startsWith('Readonly') || type.startsWith('Partial') || type.startsWith('{'))
    return 'object';
  const parts = type
    .split(/ \| (?=\()|^(?=\()/)
    .map((part) => (part.includes('=>') ? 'function' : part));
  return parts.filter((part) => part !== '').join(' | ');
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wrong = disagreements();
  for (const sentence of wrong) console.error(sentence);
  const text = markdown();
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/options.md is not current: run `node docs/generate.mjs`');
    process.exitCode = 1;
  }
  if (wrong.length > 0) process.exitCode = 1;
}
