import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const web = fileURLToPath(new URL('./web', import.meta.url));
const server = 'http://127.0.0.1:3000';
const REST = [
  '/config.json',
  '/people',
  '/login',
  '/token',
  '/messages',
  '/notifications',
  '/missed',
];

export default defineConfig({
  root: web,
  plugins: [react()],
  resolve: {
    // `holdfast` links to a folder outside of this one, where its peer dependencies would not be found.
    dedupe: ['react', 'react-dom', 'socket.io-client'],
  },
  build: {
    rollupOptions: { input: { index: `${web}/index.html`, lab: `${web}/lab.html` } },
  },
  // `npm run dev` serves the page, and `npm start` in another terminal serves everything else.
  server: {
    proxy: {
      '/socket.io': { target: server, ws: true },
      ...Object.fromEntries(REST.map((path) => [path, server])),
    },
  },
});
