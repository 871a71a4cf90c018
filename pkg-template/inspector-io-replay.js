/** The compiled `replay/` with the client of `holdfast/io`. The inspector loads it when it shows the first recording of one. */

import { initSync } from 'holdfast:io-replay';
import base64 from 'holdfast:io-replay-wasm';

initSync({ module: Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)) });

export { Player, panicStep, panicText } from 'holdfast:io-replay';
