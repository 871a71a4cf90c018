import 'docs-kit/dom.mjs';
import { pass, until } from 'docs-kit/kit.mjs';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

// The sample stands here.
createRoot(document.getElementById('root')).render(createElement(Project, { id: 7 }));
await until(() => document.body.textContent === 'Project 7', 'it is rendered');
pass();
