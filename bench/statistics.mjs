// Combines the rounds: the medians of the pairs' ratios, with their quartiles.

/** @param {number[]} numbers @param {number} part 0.5 is the median */
export function quantile(numbers, part) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}

export const median = (numbers) => quantile(numbers, 0.5);

/**
 * @typedef {{ median: number, low: number, high: number }} Spread `low` and `high` are the quartiles
 *
 * @param {number[]} numbers
 * @returns {Spread}
 */
export const spread = (numbers) => ({
  median: median(numbers),
  low: quantile(numbers, 0.25),
  high: quantile(numbers, 0.75),
});

/** The names in rotating order, so that each is the first one equally often. */
export const rotated = (names, round) =>
  names.map((_, index) => names[(index + round) % names.length]);
