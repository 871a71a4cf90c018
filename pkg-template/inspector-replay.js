/** The compiled `replay/` with the client. The inspector loads it when it shows the first recording. */

import { initSync } from 'holdfast:replay';
import base64 from 'holdfast:replay-wasm';

initSync({ module: Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)) });

export { Player, panicStep, panicText } from 'holdfast:replay';
