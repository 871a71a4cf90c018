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

/**
 * The headings of a page with their anchors: one that comes again gets a number.
 * @param {string} markdown
 * @returns {{ anchor: string, before: string }[]} `before` is the line above the heading that is not empty
 */
export function headingsOf(markdown) {
  const found = [];
  const taken = new Set();
  let before = '';
  for (const line of withoutCode(markdown).split('\n')) {
    const [, heading] = line.match(/^#{1,6} (.+)$/) ?? [];
    if (heading !== undefined) {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\\(.)/g, '$1');
      const anchor = anchorOf(plain);
      let unique = anchor;
      for (let again = 1; taken.has(unique); again += 1) unique = `${anchor}-${again}`;
      taken.add(unique);
      found.push({ anchor: unique, before });
    }
    if (line !== '') before = line;
  }
  return found;
}

/** @param {string} markdown */
export const withoutCode = (markdown) => markdown.replace(/^(`{3,})[^\n]*\n.*?^\1$/gms, '');
