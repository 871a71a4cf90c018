// Jest as most apps run it: CommonJS, nothing transformed. Where there is no document React renders as a server does.
const core = require('holdfast');
const io = require('holdfast/io');
const react = require('holdfast/react');
const socket = require('holdfast/socket');
const React = require('react');
const { EXPECTED, EXPECTED_OF_SERVER, exercise } = require('./exercise.cjs');

const hasDocument = typeof document === 'object';

test('a message goes by each way', async () => {
  const found = await exercise(
    { core, io, react, socket, React, ...rendering() },
    process.env.HOLDFAST_SERVER,
  );
  expect(found).toEqual(hasDocument ? EXPECTED : EXPECTED_OF_SERVER);
});

function rendering() {
  if (!hasDocument) return require('react-dom/server');
  const { createRoot } = require('react-dom/client');
  const main = document.body.appendChild(document.createElement('main'));
  return { mount: (element) => createRoot(main).render(element) };
}
