// Where things are, relative to the repository's root.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The built package, as `cargo xtask build` leaves it; `HOLDFAST_PKG` names another directory. */
export const pkg = process.env.HOLDFAST_PKG ?? `${root}pkg`;

/** Requires what the demo has installed, its database driver for instance. */
export const requireFromDemo = createRequire(`${root}js-demo/package.json`);
