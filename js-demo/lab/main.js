// Starts the demo with its lab: the server as a child process, a proxy in front of its sockets that breaks connections,
// and an API through which the page starts and ends faults. The environment variables are those of the server, and
//   LAB_PORT  0, the default: the system chooses

import { createServer } from 'node:http';
import { createChild } from './child.js';
import { createControl } from './control.js';
import { createFaults } from './faults.js';
import { createProxy } from './proxy.js';

// The lab kills processes on request, so it listens on this machine only, whatever HOST says.
const HOST = '127.0.0.1';

start().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function start() {
  const control = createServer();
  await new Promise((resolve, reject) => {
    control.once('error', reject);
    control.listen(Number(process.env.LAB_PORT || 0), HOST, resolve);
  });
  const labUrl = `http://${HOST}:${control.address().port}`;

  // The server's port is known once it listens.
  const proxy = await createProxy({ target: { port: 0 }, host: HOST });
  const env = { HOST, SOCKET_URL: proxy.url, LAB_URL: labUrl };
  const child = createChild({ env, onChange: () => faults.tell() });
  const faults = createFaults({ proxy, child });
  await child.start();
  const port = Number(new URL(child.url).port);
  proxy.retarget(port);
  const origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  control.on('request', createControl(faults, origins));

  console.log(`Demo: ${child.url}`);
  console.log(`Lab: ${labUrl}`);
  for (const event of ['SIGTERM', 'SIGINT']) {
    process.once(event, async () => {
      await child.stop();
      process.exit();
    });
  }
}
