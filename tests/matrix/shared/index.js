// The page of every app that a bundler makes. No await and no setup between the imports and the first call.
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as react from 'holdfast/react';
import * as socket from 'holdfast/socket';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { exercise } from './exercise.mjs';

const mount = (element) =>
  createRoot(document.body.appendChild(document.createElement('main'))).render(element);

exercise({ core, socket, io, react, React, mount }, window.location.origin).then(
  (result) => {
    document.querySelector('#result').textContent = JSON.stringify(result);
  },
  (error) => {
    document.querySelector('#result').textContent = JSON.stringify(String(error?.stack ?? error));
  },
);
