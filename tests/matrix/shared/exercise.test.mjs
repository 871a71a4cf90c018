// Vitest. Where there is no document React renders as a server does.
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as react from 'holdfast/react';
import * as socket from 'holdfast/socket';
import * as React from 'react';
import { expect, test } from 'vitest';
import { EXPECTED, EXPECTED_OF_SERVER, exercise } from './exercise.mjs';

const hasDocument = typeof document === 'object';

test('a message goes by each way', async () => {
  const found = await exercise(
    { core, io, react, socket, React, ...(await rendering()) },
    process.env.HOLDFAST_SERVER,
  );
  expect(found).toEqual(hasDocument ? EXPECTED : EXPECTED_OF_SERVER);
});

async function rendering() {
  if (!hasDocument) return import('react-dom/server');
  const { createRoot } = await import('react-dom/client');
  const main = document.body.appendChild(document.createElement('main'));
  return { mount: (element) => createRoot(main).render(element) };
}
