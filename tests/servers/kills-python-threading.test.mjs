// A server of python-socketio threading, killed three times under 200 messages, with acknowledgements and without.

import { testServer } from '../support/server-kills.mjs';

await testServer('python-socketio threading');
