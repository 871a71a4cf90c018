// The site. `cargo xtask docs` builds it: docs/site.mjs makes its pages from the Markdown files first.

import { defineConfig } from 'vitepress';
import { anchorOf } from '../anchors.mjs';

const slugify = anchorOf;

/** @param {[text: string, page: string][]} pages */
const items = (...pages) => pages.map(([text, page]) => ({ text, link: `/${page}` }));

export default defineConfig({
  title: 'Holdfast',
  description:
    'A delivery layer for Socket.IO: each message arrives once and in order, or the app is told why not.',
  lang: 'en',
  // Otherwise browsers ask for a favicon.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: '.vitepress/pages',
  // A page names the address of a server that its reader starts.
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify },
    headers: { slugify },
    toc: { slugify },
    languageAlias: { 'rust,no_run': 'rust' },
  },
  // The index of the search is one chunk, which loads when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    nav: items(
      ['Guides', 'guides/react'],
      ['Options', 'options'],
      ['Reference', 'reference/'],
      ['Troubleshooting', 'troubleshooting'],
    ),
    outline: [2, 3],
    search: { provider: 'local' },
    sidebar: [
      {
        text: 'Start',
        items: items(
          ['Overview', 'readme'],
          ['Guarantees', 'guarantees'],
          ['Moving over', 'guides/moving-over'],
        ),
      },
      {
        text: 'Guides',
        items: items(
          ['React', 'guides/react'],
          ['The server', 'guides/server'],
          ['Any Socket.IO server', 'guides/any-server'],
          ['Durability', 'guides/durability'],
          ['Users and logout', 'guides/users'],
          ['Rooms', 'guides/rooms'],
          ['Testing', 'guides/testing'],
          ['Inspector', 'guides/inspector'],
          ['Feeds', 'feeds'],
          ['By the shape of your app', 'shapes'],
          ['Alias', 'alias'],
        ),
      },
      {
        text: 'Reference',
        items: items(
          ['Options', 'options'],
          ['API', 'reference/'],
          ['Troubleshooting and codes', 'troubleshooting'],
          ['What the client emits', 'emits'],
          ['Security and privacy', 'security'],
          ['Wire protocol', 'protocol'],
          ['Servers in Rust', 'server-rs'],
          ['Changes', 'changelog'],
        ),
      },
      {
        text: 'How it is built',
        items: items(
          ['Architecture', 'architecture'],
          ['Design records', 'design/'],
          ['Speed and size', 'bench'],
          ['After an outage', 'herd'],
        ),
      },
    ],
  },
});
