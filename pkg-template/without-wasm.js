/**
 * The engine as JavaScript, for where WebAssembly cannot run: imported before the first call of the package, it takes the
 * module's place there. It is the same Rust, and twice as heavy.
 */

import script from 'holdfast:script';
import { provide } from './core.js';

provide(script);
