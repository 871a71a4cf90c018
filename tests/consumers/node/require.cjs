// Prints what requiring every entry did, then what using the package did.
require('socket.io-client');
const { addedGlobals, problems } = require('./checks.cjs');

const globals = Reflect.ownKeys(globalThis);
const resources = process.getActiveResourcesInfo();
const core = require('holdfast');
const socket = require('holdfast/socket');
const server = require('holdfast/server');
const inert = {
  globals: addedGlobals(globals),
  resources: process.getActiveResourcesInfo().slice(resources.length),
};

const use = process.argv.includes('--use');
(use ? problems(core, socket) : Promise.resolve([])).then((found) => {
  const printed = { ...inert, server: typeof server.createDeduplicator, problems: found };
  console.log(JSON.stringify(printed));
});
