// Feeds on socketioxide with holdfast-server, which supports JSON only.

import { feedSuite } from '../support/feed-suite.mjs';
import { prepareServer, startFeedServer } from '../support/servers.mjs';

const skip = await prepareServer('socketioxide');

feedSuite({ name: 'socketioxide', startServer: startFeedServer, skip, binary: false });
