// `cargo xtask chaos`: one run, its schedule and its figures. Ends with 1 where something went wrong.

import { parseArgs } from 'node:util';
import { runChaos } from './run.mjs';

const defaults = { messages: 10_000, faults: 200, seed: 1, tabs: 1, reloads: 0 };
const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]));
const { values } = parseArgs({ options });
const plan = { ...defaults };
for (const [name, text] of Object.entries(values)) {
  plan[name] = Number(text);
  if (!Number.isSafeInteger(plan[name]) || plan[name] < 0) throw new Error(`--${name}: ${text}`);
}

const ends = [];
let code = 1;
try {
  const t = { after: (end) => ends.unshift(end) };
  const { figures, violations, trace, seconds } = await runChaos(t, plan, console.log);
  const rows = Object.entries(figures).map(([name, value]) => `${name.padEnd(44)}${value}`);
  console.log(['', ...rows].join('\n'));
  console.log(
    `faults ${seconds.faults.toFixed(1)} s, until all settled ${seconds.all.toFixed(1)} s`,
  );
  if (violations.length > 0) {
    console.error(['', `VIOLATED with ${JSON.stringify(plan)}`, ...violations].join('\n'));
    console.error(['', 'The schedule:', ...trace].join('\n'));
  } else {
    code = 0;
  }
} finally {
  for (const end of ends) await end();
}
process.exit(code);
