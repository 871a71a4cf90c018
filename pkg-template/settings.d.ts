/** `holdfast:settings`: made by `build.mjs` from the table in `src/border/settings.rs`. */
import type { Settings } from './types/settings.d.ts';
/** The numbers that configure the module, in its order; 0 for an option that is off. */
export declare const settingNumbers: (settings: Settings) => number[];
