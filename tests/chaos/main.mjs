// `cargo xtask chaos`: one run, its schedule and its figures. `--both` runs the direction from the server to the page. Exits
// with 1 if there is a violation.

import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { root } from '../support/paths.mjs';
import { runBoth } from './both/run.mjs';
import { runChaos } from './run.mjs';

const TO_SERVER = { messages: 10_000, faults: 200, seed: 1, tabs: 1, reloads: 0 };
const TO_PAGE = { messages: 10_000, faults: 100, seed: 1, reloads: 0 };

const isBoth = process.argv.includes('--both');
const defaults = isBoth ? TO_PAGE : TO_SERVER;
const numbers = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]));
const flags = isBoth ? { both: { type: 'boolean' }, early: { type: 'boolean' } } : {};
const { values } = parseArgs({ options: { ...numbers, ...flags } });
const plan = { ...defaults, ...(values.early && { isEarly: true }) };
for (const [name, text] of Object.entries(values)) {
  if (name in flags) continue;
  plan[name] = Number(text);
  if (!Number.isSafeInteger(plan[name]) || plan[name] < 0) throw new Error(`--${name}: ${text}`);
}

const ends = [];
let code = 1;
try {
  const t = { after: (end) => ends.unshift(end) };
  const { violations, trace } = await (isBoth ? toPage(t) : toServer(t));
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

async function toServer(t) {
  const { figures, violations, trace, seconds } = await runChaos(t, plan, console.log);
  const rows = Object.entries(figures).map(([name, value]) => `${name.padEnd(44)}${value}`);
  console.log(['', ...rows].join('\n'));
  tellSeconds(seconds);
  return { violations, trace };
}

async function toPage(t) {
  const { rows, violations, trace, logs, ...rest } = await runBoth(t, plan, console.log);
  const heads = Object.keys(rows[0]);
  const lines = [heads, heads.map(() => '---'), ...rows.map((row) => Object.values(row))];
  console.log(['', ...lines.map((cells) => `| ${cells.join(' | ')} |`)].join('\n'));
  const { seconds, cutOff, starts, resyncs } = rest;
  console.log(
    `\nbesides ${cutOff} whose publish was cut off; starts of each server process ${starts.join(' and ')}; onResync ${JSON.stringify(resyncs)}`,
  );
  tellSeconds(seconds);
  if (violations.length > 0) {
    const file = `${root}target/chaos/both-${plan.seed}.json`;
    await mkdir(`${root}target/chaos`, { recursive: true });
    await writeFile(
      file,
      JSON.stringify({ plan, trace, rows, violations, ...rest, logs }, null, 1),
    );
    console.error(`\nWhat each page was shown, and when: ${file}`);
  }
  return { violations, trace };
}

function tellSeconds({ faults, all }) {
  console.log(`faults ${faults.toFixed(1)} s, until all settled ${all.toFixed(1)} s`);
}
