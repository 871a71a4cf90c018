// Serves the built page. A path without an extension is a view of the page.

import { extname, join } from 'node:path';
import express, { Router } from 'express';
import { Refusal } from '../refusal.js';

/** @param {string} folder */
export function pageRoutes(folder) {
  const routes = Router();
  routes.use((request, _response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Refusal('METHOD_NOT_ALLOWED');
    }
    next();
  });
  routes.use(
    '/assets',
    // File names contain a hash of the content.
    express.static(join(folder, 'assets'), { index: false, immutable: true, maxAge: '1y' }),
  );
  const headers = { 'cache-control': 'no-cache' };
  const setHeaders = (response) => response.set(headers);
  routes.use(express.static(folder, { index: false, redirect: false, setHeaders }));
  routes.use((request, response, next) => {
    if (extname(request.path) !== '') throw new Refusal('NOT_FOUND');
    response.sendFile('index.html', { root: folder, headers }, (error) => {
      // A client that disconnects during the answer is no error.
      if (!error || response.headersSent || error.code === 'ECONNABORTED') return;
      if (error.status !== 404) next(error);
      else response.status(503).type('text').send('Build the page first: npm run build');
    });
  });
  return routes;
}
