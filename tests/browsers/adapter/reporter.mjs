// A line for each test: how it ended, how many seconds it took, and its name. `cargo xtask browsers` makes a table of it.

export default async function* lines(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A file counts as a test of its own.
    if (data.nesting > 0 || data.name.endsWith('.test.mjs')) continue;
    const result = data.skip !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'FAILED';
    yield `${result}\t${(data.details.duration_ms / 1000).toFixed(1)}\t${data.name}\n`;
  }
}
