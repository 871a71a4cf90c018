// `cargo xtask bench`: all measurements in one run. A complete run writes its tables and its chart to docs/.

import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { weighSocket } from '../pkg-template/weigh.mjs';
import { pkg, root } from '../tests/support/paths.mjs';
import { chartOf } from './chart.mjs';
import { runGrowth } from './growth.mjs';
import { runIdle } from './idle.mjs';
import { measuresOf } from './measures.mjs';
import { runMicro } from './micro.mjs';
import { runNetwork } from './network.mjs';
import { profile } from './profile.mjs';
import { runRecording } from './recording.mjs';
import { detailTables, markdown, measureTable } from './report.mjs';
import { runStartup } from './startup.mjs';

/** The growth bench takes the least of this many runs. */
const GROWTH_RUNS = 5;

/**
 * The parts, each of which can run alone.
 *
 * @typedef {Partial<{ [Part in keyof typeof PARTS]: Awaited<ReturnType<(typeof PARTS)[Part]>> }>} Results
 */
const PARTS = {
  size: () => weighSocket(pkg),
  micro: (t, rounds) => runMicro(t, { rounds }),
  growth: (t) => runGrowth(t, { runs: GROWTH_RUNS }),
  idle: (t) => runIdle(t),
  startup: (t, rounds) => runStartup(t, { rounds }),
  network: (t, rounds) => runNetwork(t, { rounds }),
  recording: (t, rounds) => runRecording(t, { rounds }),
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string' },
    /** Shows only where the time of one contender goes. */
    profile: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error(`--rounds: ${values.rounds}`);
const chosen = values.only?.split(',') ?? Object.keys(PARTS);
const unknown = chosen.find((name) => !(name in PARTS));
if (unknown) throw new Error(`--only: ${unknown} is none of ${Object.keys(PARTS).join(', ')}`);

if (values.profile) console.log(await withEnds((t) => profile(t, values.profile)));
else await runAll();
process.exit();

async function runAll() {
  const load = loadavg()[0];
  const results = {};
  for (const name of chosen) {
    console.log(`... ${name}`);
    results[name] = await withEnds((t) => PARTS[name](t, rounds));
  }
  const measures = measuresOf(results);
  console.log(`\n${detailTables(results)}\n${measureTable(measures)}`);
  if (chosen.length < Object.keys(PARTS).length) return;
  const cores = availableParallelism();
  const notes = `This run: ${rounds} rounds, on ${cores} cores with a load of ${load.toFixed(1)} before it, Node ${process.version}.`;
  const write = (ending, text) => writeFile(`${root}docs/bench.${ending}`, text);
  await write('md', markdown(notes, measures, results));
  await write('json', `${JSON.stringify({ rounds, measures, results }, null, 2)}\n`);
  await write('svg', chartOf(results.network));
  console.log('\ndocs/bench.md, docs/bench.json and docs/bench.svg are written');
}

/** Runs the work and then its cleanup functions, even if the work fails. */
async function withEnds(work) {
  const ends = [];
  try {
    return await work({ after: (end) => ends.unshift(end) });
  } finally {
    for (const end of ends) await end();
  }
}
