// Loaded before each program of a sample: a server that listens on port 3000 gets the port of this program instead, so that
// programs run side by side.

import net from 'node:net';

const { listen } = net.Server.prototype;
const port = Number(process.env.HOLDFAST_DOCS_PORT);

net.Server.prototype.listen = function (first, ...rest) {
  if (Number(first) === 3000) return listen.call(this, port, ...rest);
  if (first?.port === 3000) return listen.call(this, { ...first, port }, ...rest);
  return listen.call(this, first, ...rest);
};
