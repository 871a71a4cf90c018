/**
 * The anchor of a heading, as GitHub makes it. The site makes the same, so that a link works in both.
 * @param {string} title
 */
export const anchorOf = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
