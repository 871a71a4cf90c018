import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as react from 'holdfast/react';
import * as socket from 'holdfast/socket';
import * as React from 'react';
import { renderToString } from 'react-dom/server';
import { EXPECTED_OF_SERVER, exercise } from './exercise.mjs';

// npm's scripts find the Node that the app has installed.
assert.equal(process.version, `v${createRequire(import.meta.url)('node/package.json').version}`);

const imports = { core, io, react, socket, React, renderToString };
assert.deepEqual(await exercise(imports, process.env.HOLDFAST_SERVER), EXPECTED_OF_SERVER);
