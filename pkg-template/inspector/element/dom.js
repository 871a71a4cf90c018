/** DOM nodes without a framework: makes them, and keeps lists of them in step with data. */

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, unknown>} Props `on…` is a listener, every other name is an attribute. `true` sets an attribute
 *   without a value; `false`, null and undefined remove it
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props | null} [props]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(nodeOf(child));
  }
  return element;
}

/** @param {Node | string | number} child */
const nodeOf = (child) => (typeof child === 'number' ? String(child) : child);

/**
 * Sets one property or attribute, and touches the DOM only where it changes.
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
export function set(element, name, value) {
  if (name.startsWith('on')) {
    element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** The texts that `setText` has set. Reading them from the DOM takes longer. @type {WeakMap<Node, string>} */
const texts = new WeakMap();

/**
 * Sets a text, if it is another one. Nothing else may set the text of that node.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (texts.get(node) === text) return;
  texts.set(node, text);
  node.textContent = text;
}

/**
 * Keeps one child for each item, in the items' order. A node stays with its key, so focus and scrolling survive.
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => string | number} keyOf
 * @param {(item: Item) => Element & { update?: (item: Item) => void }} create
 */
export function keyed(parent, items, keyOf, create) {
  const known = nodesOf(parent);
  const wanted = new Set(items.map((item) => String(keyOf(item))));
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    node.remove();
    known.delete(key);
  }
  /** @type {Element | null} */
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = known.get(key);
    if (!node) {
      node = create(item);
      known.set(key, node);
    }
    node.update?.(item);
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

/** @typedef {Map<string, Element & { update?: (item: any) => void }>} Nodes */

/** @type {WeakMap<Element, Nodes>} */
const lists = new WeakMap();

/** @param {Element} parent */
function nodesOf(parent) {
  const known = lists.get(parent) ?? /** @type {Nodes} */ (new Map());
  lists.set(parent, known);
  return known;
}

/**
 * Gives a node the function by which `keyed` updates it.
 * @template {Element} Node
 * @template Item
 * @param {Node} node
 * @param {(item: Item) => void} update
 * @returns {Node & { update: (item: Item) => void }}
 */
export const updating = (node, update) => Object.assign(node, { update });

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A line icon of 16 by 16, from path data. Screen readers skip it: its button or text has the name.
 * @param {string} path
 * @param {string} [className]
 */
export function icon(path, className = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon ${className}`);
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/**
 * Draws another icon in the same node.
 * @param {SVGElement} svg
 * @param {string} path
 */
export function setIcon(svg, path) {
  const line = svg.firstElementChild;
  if (line && line.getAttribute('d') !== path) line.setAttribute('d', path);
}

/**
 * A button that shows an icon. The text is its accessible name and its tooltip.
 * @param {string} path
 * @param {string} label
 * @param {(event: Event) => void} onclick
 * @param {Props} [props]
 */
export const iconButton = (path, label, onclick, props) =>
  h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick, ...props },
    icon(path),
  );
