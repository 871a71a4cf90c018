// The inspector's element with a made-up recording: what it shows, that a keyboard is enough for it, and that axe finds
// nothing. `HOLDFAST_SHOTS` names a folder for pictures of it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { build } from 'esbuild';
import { atEnd } from '../support/at-end.mjs';
import { launchBrowser } from '../support/browser.mjs';
import { root } from '../support/paths.mjs';

const browser = await launchBrowser();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const script = await bundle(`
  import { defineInspector } from './pkg-template/inspector/element/element.js';
  import { sourcesOf, tellStory } from './tests/support/inspector-story.mjs';
  defineInspector();
  Object.assign(window, { sourcesOf, tellStory });
`);

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** Moments of the story, in milliseconds. */
const IN_THE_CUT = 13_000;
const AFTERWARDS = 20_800;

// `inspector.test.mjs` looks at real data in all four combinations.
const LOOKS = process.env.HOLDFAST_SHOTS
  ? { desktop: ['light', 'dark'], phone: ['light', 'dark'] }
  : { desktop: ['dark'], phone: ['light'] };
for (const [size, device] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of /** @type {('light' | 'dark')[]} */ (LOOKS[size])) {
    test(`axe finds nothing, ${size}, ${colorScheme}`, async (t) => {
      const page = await open(t, { ...device, colorScheme, reducedMotion: 'reduce' });
      const look = async (/** @type {string} */ view) => {
        for (const tab of size === 'phone' ? ['Timeline', 'Outbox', 'Steps'] : [null]) {
          if (tab) await page.getByRole('tab', { name: tab }).click();
          await page.waitForTimeout(150);
          await shoot(page, `${view}-${size}-${colorScheme}${tab ? `-${tab.toLowerCase()}` : ''}`);
          await check(page, `${view} ${tab ?? ''}`);
        }
      };
      const choose = async (/** @type {number} */ n) => {
        if (size === 'phone') await page.getByRole('tab', { name: 'Outbox' }).click();
        await row(page, n).click();
      };

      await show(page, { kind: 'empty' });
      await page.getByText('No client yet').waitFor();
      await check(page, 'no client');
      await show(page, { kind: 'empty', missed: 1 });
      await page.getByText('import it first').waitFor();
      await check(page, 'imported too late');

      await show(page, { kind: 'live', at: IN_THE_CUT });
      await page.getByText('Reconnecting').first().waitFor();
      await choose(6);
      await look('cut');
      await show(page, { kind: 'live', at: AFTERWARDS });
      await look('after');
      await page.getByRole('button', { name: 'Live: pause' }).click();
      await page.getByRole('slider').waitFor();
      await look('paused');

      await show(page, {
        kind: 'file',
        crowd: 300,
        differsAt: 40,
        panic: 'a lane lost its message',
      });
      await page.getByText('From step 41 on').waitFor();
      await check(page, 'crowd');
      await show(page, { kind: 'file' });
      await page.getByRole('slider').fill('75');
      await choose(9);
      await look('file');
      await openFile(page, 'notes.txt');
      await page.getByRole('alert').waitFor();
      await check(page, 'a bad file');

      await page.getByRole('button', { name: 'Close inspector' }).click();
      await page.getByRole('button', { name: /^Open inspector/ }).waitFor();
      await check(page, 'closed');
    });
  }
}

test('a message that is selected in the timeline opens in the outbox, and the other way around', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  const box = await page.getByRole('application').boundingBox();
  assert.ok(box);
  // The first free row below the link is that of the first message, which was sent after 1.2 of 22.6 seconds.
  for (let y = 56; y < 80 && (await selected(page)) === null; y += 6) {
    await page.mouse.click(box.x + box.width * 0.068, box.y + y);
    await settle(page);
  }
  assert.equal(await selected(page), '1');
  await row(page, 9).click();
  await settle(page);
  assert.equal(await selected(page), '9');
  await page.getByText('Refused by the server').waitFor();
  await page.getByText('Left, attempt 2').waitFor();
  await page.getByText('until acknowledged', { exact: true }).waitFor();
  await row(page, 9).click();
  await settle(page);
  assert.equal(await selected(page), null);
});

test('a keyboard is enough', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await settle(page);
  assert.equal(await selected(page), '2');
  await page.getByRole('status').filter({ hasText: 'Message 2, message:send' }).waitFor();
  await page.keyboard.press('Escape');
  await settle(page);
  assert.equal(await selected(page), null);

  await page.getByRole('listbox').focus();
  const last = 109;
  for (const [key, step] of /** @type {const} */ ([
    ['Home', 1],
    ['ArrowDown', 2],
    ['j', 3],
    ['j', 4],
    ['k', 3],
    ['ArrowUp', 2],
    ['End', last],
    ['ArrowDown', last],
    ['PageUp', null],
  ])) {
    await page.keyboard.press(key);
    await settle(page);
    if (step) assert.equal(await current(page), step, key);
  }
  assert.ok((await current(page)) < last - 3);

  await page.keyboard.press('Home');
  await page.keyboard.press('/');
  await page.keyboard.type('receipt');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The server gives receipts.' }).waitFor();
  const found = await current(page);
  await page.getByRole('button', { name: 'Next order' }).press('Enter');
  await settle(page);
  assert.ok((await current(page)) > found);

  const resizer = page.getByRole('separator', { name: 'Height of the inspector' });
  const before = Number(await resizer.getAttribute('aria-valuenow'));
  await resizer.press('ArrowUp');
  await settle(page);
  assert.ok(Number(await resizer.getAttribute('aria-valuenow')) > before);
});

test('a step back shows the client as it was', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.getByRole('slider').fill('75');
  await page.getByText('Reconnecting', { exact: true }).waitFor();
  await row(page, 6).getByText('The link is down').waitFor();
  // Sent only later.
  assert.equal(await row(page, 12).count(), 0);
});

test('a recording plays as time went on', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  // Message 6 waits here, and the next attempt is 1.4 seconds away.
  await page.getByRole('slider').fill('55');
  await page.getByText('Reconnecting', { exact: true }).waitFor();
  await settle(page);
  const before = await current(page);
  await page.getByRole('button', { name: 'Play' }).click();
  await page.getByText('Connecting', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await settle(page);
  const after = await current(page);
  assert.ok(after > before);
  await settle(page);
  assert.equal(await current(page), after);
});

test('a client that runs is followed until it is paused', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'live', at: 8_900 });
  const caption = page.getByText(/^0:08\.4/);
  await caption.waitFor();
  await page.evaluate(() => window.story.advance(12_300));
  await page.getByText(/^Attempt 4 begins in [0-3]/).waitFor();
  assert.equal(await page.getByRole('listbox').count(), 0);
  await page.getByRole('button', { name: 'Live: pause' }).click();
  await page.getByRole('listbox').waitFor();
  await page.evaluate(() => window.story.advance(16_900));
  await settle(page);
  await page.getByText('Reconnecting', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Paused: go back to live' }).click();
  await page.getByText('Ready', { exact: true }).waitFor();
});

test('a file is opened, and a wrong one is explained', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'empty' });
  await openFile(page, 'notes.txt');
  assert.match(
    (await page.getByRole('alert').textContent()) ?? '',
    /^notes\.txt cannot be opened: this is not a recording of Holdfast/,
  );
  await openFile(page, 'tunnel.holdfast');
  await page.getByRole('combobox', { name: 'Client' }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.getByRole('slider').waitFor();
});

test('a recording is exported, with payloads only where somebody says so', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  await page.evaluate(() => {
    const { source } = window.story;
    const { export: make } = source;
    source.export = (options) => {
      window.exported = options;
      return make(options);
    };
  });
  for (const [button, payloads] of /** @type {const} */ ([
    ['Export without them', false],
    ['Export with payloads', true],
  ])) {
    await page.getByRole('button', { name: 'Export recording' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).click();
    assert.equal((await download).suggestedFilename(), 'tunnel.holdfast');
    assert.deepEqual(await page.evaluate(() => window.exported), { payloads });
  }
});

test('a step at which the client answers otherwise is marked, and a panic has its text', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file', differsAt: 40, panic: 'a lane lost its message' });
  await page.getByText('a lane lost its message').waitFor();
  await page.getByRole('button', { name: 'Go to step 41' }).click();
  await page
    .getByText('Here the client of this build answers otherwise than the recorded one.')
    .waitFor();
  const option = steps(page).and(page.locator('[aria-selected="true"]'));
  assert.equal(await option.getAttribute('data-agrees'), 'false');
});

test('100,000 steps and 300 messages make few nodes', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file', crowd: 300, extra: 100_000 });
  await page.getByText(/^101,009 \/ 101,009$/).waitFor();
  const before = await page.evaluate(() => performance.now());
  for (const share of [0, 0.4, 0.9]) {
    await page.getByRole('listbox').evaluate((list, share) => {
      list.scrollTop = list.scrollHeight * share;
    }, share);
    await settle(page);
  }
  const took = (await page.evaluate(() => performance.now())) - before;
  assert.ok((await steps(page).count()) < 60);
  t.diagnostic(`three jumps through the steps took ${Math.round(took)} ms`);
});

test('a strict Content Security Policy is kept, and nothing of the page changes', async (t) => {
  const page = await open(t, DESKTOP, { policy: "default-src 'none'; script-src 'unsafe-inline'" });
  await page.evaluate(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
      window.violations = [...(window.violations ?? []), violatedDirective];
    });
  });
  const style = () =>
    page.evaluate(() => ({ ...getComputedStyle(document.querySelector('h1')), width: null }));
  const before = await style();
  await show(page, { kind: 'live', at: IN_THE_CUT });
  await row(page, 6).click();
  await settle(page);
  assert.equal(await page.evaluate(() => window.violations), undefined);
  assert.deepEqual(await style(), before);
  assert.equal(
    await page.locator('.header').evaluate((one) => getComputedStyle(one).display),
    'flex',
  );
});

test('text of the app is text, whatever it looks like', async (t) => {
  const page = await open(t, DESKTOP);
  await show(page, { kind: 'file' });
  await page.evaluate(() => {
    const label = { event: '<img src=x onerror=hacked()>', id: '<b>', data: '<script>1</script>' };
    window.story.source.labels.set(112, label);
    // Its listeners hear of it.
    window.story.source.follow();
  });
  await page.getByText('<img src=x onerror=hacked()>').waitFor();
  await row(page, 12).click();
  await page.getByRole('group', { name: 'Payload' }).waitFor();
  assert.equal(await page.locator('img, script[src], b > b').count(), 0);
});

test('nothing moves for those who do not want it', async (t) => {
  for (const [reducedMotion, isMoving] of /** @type {const} */ ([
    ['no-preference', true],
    ['reduce', false],
  ])) {
    const page = await open(t, { ...DESKTOP, reducedMotion });
    await show(page, { kind: 'live', at: IN_THE_CUT });
    await page.getByText('Reconnecting', { exact: true }).waitFor();
    const count = await page.evaluate(() => window.inspector.shadowRoot.getAnimations().length);
    assert.equal(count > 0, isMoving, reducedMotion);
  }
});

test('the React component hands the client over, and that of the provider without one', async (t) => {
  const page = await open(t, DESKTOP, {
    code: await bundle(
      `
      import { sourcesOf, tellStory } from './tests/support/inspector-story.mjs';
      import { createElement as h, StrictMode } from 'react';
      import { createRoot } from 'react-dom/client';
      import { Inspector } from './pkg-template/inspector-react.js';
      import { SocketContext } from './pkg-template/react.js';
      import { InspectorElement } from './pkg-template/inspector/element/element.js';
      const own = { name: 'a client' };
      const view = { socket: { name: 'a socket' } };
      const first = tellStory({ isLive: true, title: 'first' });
      const second = tellStory({ isLive: true, title: 'second' });
      second.source.isOf = (one) => one === own || one === view.socket;
      InspectorElement.sources = sourcesOf([first.source, second.source]);
      const root = createRoot(document.body.appendChild(document.createElement('div')));
      window.render = (props, isProvided) => {
        const inspector = h(Inspector, { isInline: true, id: 'inspector', ...props, client: props.client && own });
        const tree = isProvided ? h(SocketContext.Provider, { value: view }, inspector) : inspector;
        root.render(h(StrictMode, { key: JSON.stringify([props, isProvided]) }, tree));
      };
    `,
      {
        stubs: {
          './inspector.js':
            "export { defineInspector } from './pkg-template/inspector/element/element.js';",
          './react.js':
            "import { createContext } from 'react'; export const SocketContext = createContext(null);",
        },
      },
    ),
  });
  for (const [props, isProvided, title] of [
    [{}, false, 'first'],
    [{ client: true }, false, 'second'],
    [{ theme: 'dark' }, true, 'second'],
  ]) {
    await page.evaluate(
      ([props, isProvided]) => window.render(props, isProvided),
      [props, isProvided],
    );
    await page.waitForFunction(
      (title) =>
        document.querySelector('#inspector')?.shadowRoot?.querySelector('select')
          ?.selectedOptions[0]?.textContent === title,
      title,
    );
  }
  const element = page.locator('#inspector');
  assert.equal(await element.getAttribute('theme'), 'dark');
  assert.equal(await element.getAttribute('inline'), '');
});

// Pages

/**
 * A page with the element's code, and one heading of its own.
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').BrowserContextOptions} kind
 * @param {{ policy?: string, code?: string }} [options] `code`: instead of the element's
 */
async function open(t, kind, { policy, code = script } = {}) {
  const context = await browser.newContext(kind);
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? String(error)));
  atEnd(t, async () => {
    await context.close();
    assert.deepEqual(errors, []);
  });
  await page.route('**/*', (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: policy ? { 'content-security-policy': policy } : {},
      body: PAGE,
    }),
  );
  await page.goto('http://inspector.test/');
  await page.addScriptTag({ content: code });
  return page;
}

const PAGE = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>An app</title><body><main><h1>An app</h1></main></body></html>`;

/**
 * Shows a story in a new element.
 * @param {import('playwright-core').Page} page
 * @param {{ kind: 'empty' | 'live' | 'file', missed?: number, at?: number, crowd?: number, differsAt?: number, extra?: number, panic?: string }} story
 */
async function show(page, story) {
  await page.evaluate(({ kind, missed = 0, at, ...options }) => {
    const { sourcesOf, tellStory } = window;
    document.querySelector('holdfast-inspector')?.remove();
    const told = tellStory({ isLive: kind === 'live', ...options });
    if (at) told.advance(at);
    const element = document.createElement('holdfast-inspector');
    element.style.setProperty('--hf-height', '460px');
    element.sources = sourcesOf(kind === 'empty' ? [] : [told.source], { missed });
    document.body.append(element);
    Object.assign(window, { story: told, inspector: element });
  }, story);
  await settle(page);
}

/** Until what was asked for is drawn. @param {import('playwright-core').Page} page */
const settle = (page) =>
  page.evaluate(async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 110));
      await new Promise(requestAnimationFrame);
    }
  });

/** @param {import('playwright-core').Page} page @param {number} n */
const row = (page, n) =>
  page
    .locator('.message > button')
    .filter({ has: page.locator('.number', { hasText: new RegExp(`^${n}$`) }) });

/** The number of the message that is open. @param {import('playwright-core').Page} page */
async function selected(page) {
  const open = page.locator('.message > button[aria-expanded="true"] .number');
  return (await open.count()) ? open.textContent() : null;
}

/** The rows of steps. @param {import('playwright-core').Page} page */
const steps = (page) => page.getByRole('listbox').getByRole('option');

/** The current step, from 1. @param {import('playwright-core').Page} page */
const current = async (page) =>
  Number(
    await steps(page).and(page.locator('[aria-selected="true"]')).getAttribute('aria-posinset'),
  );

/** @param {import('playwright-core').Page} page @param {string} name */
async function openFile(page, name) {
  const file = { name, mimeType: 'application/octet-stream', buffer: Buffer.from('1') };
  await page.locator('input[type="file"]').setInputFiles(file);
  await settle(page);
}

/** @param {import('playwright-core').Page} page @param {string} view */
async function check(page, view) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const results = await window.axe.run(document, { resultTypes: ['violations'] });
    return results.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
  });
  assert.deepEqual(violations, [], `${view}: ${JSON.stringify(violations, null, 2)}`);
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function shoot(page, name) {
  const folder = process.env.HOLDFAST_SHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/**
 * @param {string} code
 * @param {{ stubs?: Record<string, string> }} [options] code that stands for a module
 */
async function bundle(code, { stubs = {} } = {}) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, sourcefile: 'page.js' },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'stubs',
        setup({ onResolve, onLoad }) {
          for (const [name, contents] of Object.entries(stubs)) {
            const end = new RegExp(`${name.replace(/^\./, '').replace('.', '\\.')}$`);
            onResolve({ filter: end }, () => ({ path: name, namespace: 'stub' }));
            onLoad({ filter: end, namespace: 'stub' }, () => ({ contents, resolveDir: root }));
          }
        },
      },
    ],
  });
  return outputFiles[0].text;
}
