// The package's limits for speed and size: each measurement, its limit, and the measured value.

/**
 * @typedef {object} Measure
 * @property {string} name
 * @property {number} found
 * @property {[low: number, high: number]} [quartiles]
 * @property {number} limit
 * @property {number} aim
 * @property {boolean} isMost whether the limit is the most, and not the least
 * @property {boolean} isMet
 *
 * @param {import('./main.mjs').Results} results the parts that were run
 * @returns {Measure[]}
 */
export function measuresOf({ network, micro, growth, idle, size, startup, recording }) {
  const found = [];
  const add = (name, isMost, limit, aim, value) => {
    const number = value.median ?? value;
    found.push({
      name,
      found: number,
      ...(value.median !== undefined && { quartiles: [value.low, value.high] }),
      limit,
      aim,
      isMost,
      isMet: isMost ? number <= limit : number >= limit,
    });
  };
  const most = (name, limit, aim, value) => add(name, true, limit, aim, value);
  const least = (name, limit, aim, value) => add(name, false, limit, aim, value);

  if (recording) {
    least(
      '10,000 acknowledged sends that the inspector records: throughput relative to an app without it',
      0.95,
      1,
      recording.throughput,
    );
  }
  if (network) {
    const near = network.loopback.ratios;
    const far = network['proxy, 50 ms'].ratios;
    least(
      '10,000 acknowledged sends in memory: throughput relative to raw emits with acknowledgement',
      0.9,
      0.98,
      near['raw/memory'],
    );
    most(
      '1,000 queued messages over 50 ms: time relative to raw emits',
      1.15,
      1.03,
      far['memory/raw'],
    );
    least(
      "the same: speed relative to socket.io's `retries`, per message",
      150,
      300,
      far['retries/memory'],
    );
    least(
      '10,000 acknowledged sends on disk: throughput relative to memory',
      0.6,
      0.9,
      near['memory/durable'],
    );
  }
  if (micro) {
    const name = (way) =>
      `main-thread time added to a fake socket, ${way}: relative to the plain-JS queue`;
    most(name('in a burst'), 1.5, 1, micro.burst.ratio);
    most(name('one by one'), 1.5, 1, micro.singly.ratio);
  }
  if (growth) {
    const name = (what) => `100,000 queued offline: ${what} relative to 10,000`;
    most(name('time'), 13, 10.5, growth.holdfast.timeRatio);
    most(name('memory'), 13, 10.5, growth.holdfast.memoryRatio);
  }
  if (idle) {
    most(`wake-ups between pings, in ${idle.minutes} idle minutes`, 0, 0, idle.wakeUps);
  }
  if (size) {
    most(
      'what `holdfast/socket` loads, without socket.io-client: bytes gzipped',
      30_000,
      22_000,
      size.gzipped,
    );
  }
  if (startup) {
    most(
      'import and first call: time relative to importing socket.io-client',
      1,
      0.5,
      startup.ratio,
    );
  }
  return found;
}
