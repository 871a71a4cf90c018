// `cargo xtask consumers [name...]`: tests the packed package in every kind of app, and prints a table. Exits with 1 if a row fails.

import { attempt, ROWS, versionOf } from './rows.mjs';

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !ROWS.some((row) => row.name === name));
if (unknown) {
  console.error(`there is no consumer ${unknown}, only ${ROWS.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

const results = [];
for (const row of ROWS) {
  if (chosen.length > 0 && !chosen.includes(row.name)) continue;
  const begin = performance.now();
  const error = await tryRow(row);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const result = { ...row, version: await versionOf(row), word: error ? 'FAILED' : 'passed' };
  results.push({ ...result, seconds });
  if (error) console.error(`\n${row.name} failed: ${error.stack ?? error}\n`);
  else console.log(`${row.name} passed in ${seconds} s`);
}

const line = (...cells) =>
  cells.map((cell, at) => (at === 3 ? cell.padStart(8) : cell.padEnd([28, 10, 7][at]))).join(' ');
console.log(`\n${line('consumer', 'version', 'result', 'seconds')}`);
for (const { name, version, word, seconds } of results) {
  console.log(line(name, version, word, seconds));
}
process.exit(results.some(({ word }) => word !== 'passed') ? 1 : 0);

/** Ends what a row started, also when it failed. @returns the first error, if there is one */
async function tryRow(row) {
  const ends = [];
  const t = { after: (end) => ends.unshift(end) };
  let failure;
  try {
    await attempt(t, row);
  } catch (error) {
    failure = error;
  }
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failure ??= error;
    }
  }
  return failure;
}
