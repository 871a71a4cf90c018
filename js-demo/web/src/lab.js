// For the end-to-end tests only: this global lets them call the package.

import * as socket from 'holdfast/socket';

window.holdfast = socket;
