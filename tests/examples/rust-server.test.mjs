import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { root } from '../support/paths.mjs';
import { survives } from './example.mjs';

const folder = path.join(root, 'examples/rust-server');
const cargo = process.env.CARGO ?? 'cargo';
const fetched = spawnSync(cargo, ['fetch', '--locked'], { cwd: folder, encoding: 'utf8' });
const skip =
  fetched.status !== 0 && `cargo could not fetch its crates: ${fetched.stderr ?? fetched.error}`;

test('rust-server saves each message once over a kill and a reload', { skip }, (t) =>
  // Where `cargo xtask test` has built the crate for servers, and what it depends on.
  survives(t, 'rust-server', { CARGO_TARGET_DIR: path.join(root, 'target/rust-server') }),
);

test('the page of rust-server is that of python-server', async () => {
  for (const name of ['client.js', 'index.html', 'style.css']) {
    const [one, other] = await Promise.all(
      [folder, path.join(root, 'examples/python-server')].map((from) =>
        readFile(path.join(from, name), 'utf8'),
      ),
    );
    assert.equal(one, other, name);
  }
});
