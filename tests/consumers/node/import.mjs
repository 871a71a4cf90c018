// Prints what importing every entry did, then what using the package did.
import 'socket.io-client';
import { addedGlobals, problems } from './checks.mjs';

const globals = Reflect.ownKeys(globalThis);
const resources = process.getActiveResourcesInfo();
const core = await import('holdfast');
const socket = await import('holdfast/socket');
const server = await import('holdfast/server');
const inert = {
  globals: addedGlobals(globals),
  resources: process.getActiveResourcesInfo().slice(resources.length),
};

const use = process.argv.includes('--use');
console.log(
  JSON.stringify({
    ...inert,
    server: typeof server.createDeduplicator,
    problems: use ? await problems(core, socket) : [],
  }),
);
