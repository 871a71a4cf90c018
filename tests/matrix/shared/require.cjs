const assert = require('node:assert/strict');
const core = require('holdfast');
const io = require('holdfast/io');
const react = require('holdfast/react');
const socket = require('holdfast/socket');
const React = require('react');
const { renderToString } = require('react-dom/server');
const { EXPECTED_OF_SERVER, exercise } = require('./exercise.cjs');

// npm's scripts find the Node that the app has installed.
assert.equal(process.version, `v${require('node/package.json').version}`);

const imports = { core, io, react, socket, React, renderToString };
exercise(imports, process.env.HOLDFAST_SERVER).then((found) => {
  assert.deepEqual(found, EXPECTED_OF_SERVER);
});
