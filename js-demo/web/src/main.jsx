// Loads the configuration from the server, sets up the socket, and renders the app.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/conversation.css';
import './styles/popovers.css';
import './styles/faults.css';
import './styles/picture.css';
import App from './App.jsx';
import { ask } from './utils/http.js';
import { setUpSocket } from './utils/socket.js';

const root = createRoot(document.getElementById('root'));

ask('/config.json').then(
  async (config) => {
    // Beside a lab that breaks the link everything is recorded, from the first client on.
    if (config.labUrl) await import('holdfast/inspector');
    setUpSocket(config);
    root.render(
      <StrictMode>
        <App config={config} />
      </StrictMode>,
    );
  },
  (error) => {
    root.render(
      <main className="login" role="alert">
        <h1>The server does not answer</h1>
        <p>{error.message}</p>
      </main>,
    );
  },
);
