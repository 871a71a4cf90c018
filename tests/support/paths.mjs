// Paths inside of the repository.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The built package, as `cargo xtask build` leaves it. `HOLDFAST_PKG` names another directory. */
export const pkg = process.env.HOLDFAST_PKG ?? `${root}pkg`;

/** Requires a package that the demo has installed, for instance its database driver. */
export const requireFromDemo = createRequire(`${root}js-demo/package.json`);
