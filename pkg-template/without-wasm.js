/**
 * The entry `holdfast/without-wasm`: the engine as JavaScript, for environments where WebAssembly cannot run. Import it
 * before the first call of the package. It is the same Rust, compiled to twice the size.
 */

import script from 'holdfast:script';
import { provide } from './core.js';

provide(script);
