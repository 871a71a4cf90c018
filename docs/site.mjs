// Builds the site in docs/.vitepress/dist.
//
//     node docs/site.mjs    needs the packages of docs/package.json
//
// The Markdown files link to one another as files of the repository. Each file in `PAGES` and all of docs/ become a page in
// docs/.vitepress/pages; a link to another file of the repository becomes plain text there.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, resolveConfig } from 'vitepress';

const docs = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(docs);
const site = path.join(docs, '.vitepress/pages');

/** Files outside of docs/, and the page that each becomes. */
const PAGES = {
  'README.md': 'readme.md',
  'ARCHITECTURE.md': 'architecture.md',
  'CHANGELOG.md': 'changelog.md',
  'server-rs/README.md': 'server-rs.md',
  'tests/servers/README.md': 'servers-tried.md',
};

/** What a link may show, and a page cannot be. */
const IMAGE = /\.(svg|png)$/;

/** Each file of the repository that is on the site, with its path there. @type {Map<string, string>} */
const pages = new Map(Object.entries(PAGES).filter(([file]) => existsSync(path.join(root, file))));
for (const file of filesIn('docs')) {
  const page = file.slice('docs/'.length).replace(/(^|\/)README\.md$/, '$1index.md');
  if (file.endsWith('.md') || IMAGE.test(file)) pages.set(file, page);
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(file) : [file];
  });
}

/** @param {string} file @param {string} page */
function rendered(file, page) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const parts = text.split(/^(`{3,}[^\n]*\n.*?^`{3,})$/ms);
  const prose = (/** @type {string} */ part) =>
    part.replace(
      /(!?)\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^()\s]+)\)/g,
      (link, image, shown, target) => {
        if (/^([a-z]+:|#)/.test(target)) return link;
        const [name, anchor] = target.split('#');
        const there = path.posix.join(path.posix.dirname(file), name);
        const known = pages.get(there) ?? pages.get(path.posix.join(there, 'README.md'));
        if (known === undefined) {
          if (!existsSync(path.join(root, there))) throw new Error(`${file}: dead link ${target}`);
          return image ? '' : shown;
        }
        const relative = path.posix.relative(path.posix.dirname(page), known);
        return `${image}[${shown}](./${relative}${anchor ? `#${anchor}` : ''})`;
      },
    );
  return parts.map((part, index) => (index % 2 === 0 ? prose(part) : part)).join('');
}

rmSync(site, { recursive: true, force: true });
for (const [file, page] of pages) {
  const out = path.join(site, page);
  mkdirSync(path.dirname(out), { recursive: true });
  if (IMAGE.test(file)) cpSync(path.join(root, file), out);
  else writeFileSync(out, rendered(file, page));
}

// VitePress checks the links in pages, and not those of its own menus.
const {
  site: { themeConfig },
} = await resolveConfig(docs, 'build');
const menus = [...themeConfig.nav, ...themeConfig.sidebar.flatMap(({ items }) => items)];
const missing = menus
  .map(({ link }) => link)
  .filter(
    (link) => !existsSync(path.join(site, link.endsWith('/') ? `${link}index.md` : `${link}.md`)),
  );
if (missing.length > 0)
  throw new Error(`the menus lead to pages that are not there: ${missing.join(', ')}`);

await build(docs);
const dist = path.join(docs, '.vitepress/dist');
console.log(`\nThe site is in ${dist}. To look at it: npm --prefix docs run preview`);
