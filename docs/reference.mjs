// Writes docs/reference/, one page for each entry of the package, from the types' doc comments.
//
//     node docs/reference.mjs           writes the pages
//     node docs/reference.mjs --check   fails if the committed pages differ
//
// It needs the packages of docs/package.json.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { headingsOf } from './anchors.mjs';
import { writeDigest } from './digest.mjs';
import { entries } from './types.mjs';

const docs = path.dirname(fileURLToPath(import.meta.url));

/** The beginning of each page, and of its line in the list. */
const ABOUT = {
  holdfast: 'The client: `createClient`, with a promise for each message.',
  socket: 'The functions of a typical `socket.js`, over one client for the page.',
  io: 'The plain `io` of socket.io-client, with delivery. It also exports everything else that socket.io-client exports.',
  alias:
    'The entry that stands for `socket.io-client` in a bundler. Its exports are those of `holdfast/io`.',
  inspector: 'Shows and records what a client does, for development and support.',
  'inspector-react': 'The inspector as a component.',
  react: 'A provider and hooks for React 18 and 19.',
  'without-wasm': 'The engine as JavaScript.',
  server: "The server's part for Node: deduplication, feeds, joins and pings.",
};

/** The name by which apps import an entry. @param {string} name of its page */
const importName = (name) => (name === 'holdfast' ? name : `holdfast/${name}`);

/** @param {string} out a folder, which is emptied first */
async function write(out) {
  const names = entries();
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: out }],
    entryPoints: names.map((entry) => path.join(docs, `../pkg-template/types/${entry}.d.ts`)),
    tsconfig: path.join(docs, 'tsconfig.json'),
    // What socket.io-client and React export has its own documentation.
    excludeExternals: true,
    excludeInternal: true,
    disableSources: true,
    readme: 'none',
    sort: ['source-order'],
    sortEntryPoints: false,
    groupOrder: ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases', '*'],
    treatWarningsAsErrors: true,
    // Names that an entry uses and does not export.
    validation: { notExported: false, invalidLink: true, invalidPath: true },
    router: 'module',
    entryFileName: 'README',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    expandObjects: false,
    useHTMLEncodedBrackets: true,
    sanitizeComments: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'list',
    pageTitleTemplates: {
      index: () => 'API reference',
      module: ({ name }) => importName(name),
      member: ({ name }) => `${name}`,
    },
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      if (module.name === 'index') module.name = 'holdfast';
    }
    // The constructors of `Error` say nothing about its subclasses.
    for (const made of project.getReflectionsByKind(ReflectionKind.Constructor)) {
      if (made.inheritedFrom) project.removeReflection(made);
    }
  });
  const project = await app.convert();
  if (!project) throw new Error('the types do not compile');
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('see above');

  const pages = names.map((entry) => (entry === 'index' ? 'holdfast' : entry));
  const texts = new Map(
    pages.map((page) => {
      const about = ABOUT[page];
      if (!about) throw new Error(`${page}: ABOUT has no line for it`);
      const text = readFileSync(path.join(out, `${page}.md`), 'utf8');
      return [page, text.replace(/^# .*\n/, (title) => `${title}\n${about}\n`)];
    }),
  );
  for (const [page, text] of withHeadingsAsAnchors(texts))
    writeFileSync(path.join(out, `${page}.md`), text);
  const list = pages.map((page) => `- [\`${importName(page)}\`](${page}.md): ${ABOUT[page]}`);
  writeFileSync(path.join(out, 'README.md'), `${INTRODUCTION}\n${list.join('\n')}\n`);
}

/**
 * TypeDoc numbers its anchors in another order than that of the headings. So each anchor gives way to its heading, and the links to
 * it lead there.
 * @param {Map<string, string>} pages
 */
function withHeadingsAsAnchors(pages) {
  const anchors = new Map();
  for (const [page, text] of pages) {
    for (const { anchor, before } of headingsOf(text)) {
      const [, own] = before.match(OWN_ANCHOR) ?? [];
      if (own) anchors.set(`${page}#${own}`, anchor);
    }
  }
  return [...pages].map(([page, text]) => {
    const linked = text.replace(/\]\((?:([\w-]+)\.md)?#([^)]+)\)/g, (link, other, anchor) => {
      const heading = anchors.get(`${other ?? page}#${anchor}`);
      return heading ? link.replace(`#${anchor}`, () => `#${heading}`) : link;
    });
    return [page, linked.replace(/^<a id="[^"]+"><\/a>\n\n(?=#)/gm, '')];
  });
}

const OWN_ANCHOR = /^<a id="([^"]+)"><\/a>$/;

const INTRODUCTION = `# API reference

Made from the types of the package. All options with their defaults and limits are on [one page](../options.md).
`;

const committed = path.join(docs, 'reference');
if (process.argv.includes('--check')) {
  const made = path.join(docs, '../target/reference');
  await write(made);
  writeDigest(made);
  const names = new Set([committed, made].flatMap((folder) => readdirSync(folder)));
  const read = (/** @type {string} */ folder, /** @type {string} */ name) => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const stale = [...names].filter((name) => read(committed, name) !== read(made, name));
  if (stale.length > 0)
    throw new Error(`docs/reference is not current: ${stale.join(', ')}. Run \`cargo xtask docs\``);
} else {
  await write(committed);
  writeDigest(committed);
}
