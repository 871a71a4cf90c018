// A server of python-socketio asgi, killed three times under 200 messages, with acknowledgements and without.

import { testServer } from '../support/server-kills.mjs';

await testServer('python-socketio asgi');
