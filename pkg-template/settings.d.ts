/** `holdfast:settings`: made by `build.mjs` from the table in `src/border/settings.rs`. */
import type { Settings } from './types/settings.d.ts';
/** The numbers that the module is configured with, in its order; 0 where an option is switched off. */
export declare const settingNumbers: (settings: Settings) => number[];
