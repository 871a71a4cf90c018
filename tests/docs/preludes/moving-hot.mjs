import { pass } from 'docs-kit/kit.mjs';

// The sample stands here.
off();
pass();
