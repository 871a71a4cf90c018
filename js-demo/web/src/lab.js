// For the end-to-end tests only: they drive the package from outside, through this one global.

import * as socket from 'holdfast/socket';

window.holdfast = socket;
