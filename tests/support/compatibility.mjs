// Finds APIs that the oldest supported browsers lack. TypeScript resolves the names in the code, and MDN's data knows
// since which version a browser has them.

import { createRequire } from 'node:module';
import ts from 'typescript';

const data = createRequire(import.meta.url)('@mdn/browser-compat-data');
const { api, javascript } = data;
const { builtins } = javascript;

/**
 * @typedef {Record<string, string>} Browsers the oldest supported version of each browser, by its name in MDN's data
 *
 * @typedef {object} Use
 * @property {string} api MDN's name, or only its last part if the owner is unknown
 * @property {string} place file and line
 * @property {string[]} lacking the browsers that lack it
 */

/**
 * Checks files.
 *
 * @param {string[]} files
 * @param {Browsers} oldest
 * @param {Record<string, string>} [planted] contents of files that do not exist, by name
 * @returns {{ uses: Use[], seen: number }} the uses of missing APIs, and the number of all uses of APIs
 */
export function findTooNew(files, oldest, planted = {}) {
  const options = {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // Every API that a browser may have; other names would not be recognized as APIs.
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => name in planted || fileExists(name);
  host.readFile = (name) => planted[name] ?? readFile(name);
  const program = ts.createProgram([...files, ...Object.keys(planted)], options, host);
  const checker = program.getTypeChecker();

  const uses = [];
  let seen = 0;
  for (const name of [...files, ...Object.keys(planted)]) {
    const source = program.getSourceFile(name);
    const visit = (node) => {
      for (const { path, support } of usesAt(node, checker, oldest)) {
        seen += 1;
        const without = lacking(support, oldest);
        if (without.length === 0) continue;
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        uses.push({ api: path, place: `${name}:${line + 1}`, lacking: without });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { uses, seen };
}

/** The APIs that a node of the syntax tree uses. If a name may mean several, all of them are returned. */
function usesAt(node, checker, oldest) {
  if (ts.isIdentifier(node) && isReference(node)) {
    return entriesOf(checker.getSymbolAtLocation(node));
  }
  if (ts.isPropertyAccessExpression(node)) {
    return memberOf(node.expression, node.name.text, checker.getSymbolAtLocation(node.name));
  }
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    const { text } = node.argumentExpression;
    return memberOf(node.expression, text, checker.getSymbolAtLocation(node.argumentExpression));
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const name = node.propertyName ?? node.name;
    if (!ts.isIdentifier(name)) return [];
    const type = checker.getTypeAtLocation(node.parent);
    return isAny(type) ? byName(name.text) : entriesOf(type.getProperty(name.text));
  }
  return [];

  function memberOf(object, name, symbol) {
    if (symbol) return entriesOf(symbol);
    return isAny(checker.getTypeAtLocation(object)) ? byName(name) : [];
  }

  /**
   * For a value without a type, only the name is known. It counts if it is a name of the language and no API of that
   * name is old enough. Names of web APIs do not count, because apps often use the same names for their own fields.
   */
  function byName(name) {
    const all = named.get(name) ?? [];
    const isOld = all.some(({ support }) => lacking(support, oldest).length === 0);
    return isOld ? [] : all.filter(({ path }) => path.startsWith('javascript.'));
  }
}

const isAny = (type) => (type.flags & ts.TypeFlags.Any) !== 0;

/** Whether a name is a reference: neither a property, which is looked up through its owner, nor a declaration. */
function isReference(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return true;
}

/** @returns {{ path: string, support: object }[]} each API once, even if the library declares it in several parts */
function entriesOf(symbol) {
  const entries = (symbol?.declarations ?? []).filter(isOfLibrary).map(entryOf).filter(Boolean);
  return [...new Map(entries.map((entry) => [entry.path, entry])).values()];
}

const isOfLibrary = (declaration) =>
  /typescript[/\\]lib[/\\]lib\.[\w.]+\.d\.ts$/.test(declaration.getSourceFile().fileName);

/** The entry in MDN's data for a declaration of TypeScript's library. */
function entryOf(declaration) {
  const name = declaration.name?.getText();
  if (!name || name.startsWith('[')) return undefined;
  let owner = declaration.parent;
  let isStatic = false;
  while (owner && !ts.isInterfaceDeclaration(owner) && !ts.isVariableDeclaration(owner)) {
    owner = ts.isSourceFile(owner) || ts.isModuleBlock(owner) ? undefined : owner.parent;
  }
  if (owner === undefined || ts.isSourceFile(declaration.parent)) return globalNamed(name);
  if (ts.isVariableDeclaration(owner)) isStatic = true;
  let of = owner.name.getText();
  if (of.endsWith('Constructor')) of = of.slice(0, -'Constructor'.length);
  of = ALIASES[of] ?? of;
  for (const [path, entry] of [
    [`javascript.builtins.${of}.${name}`, builtins[of]?.[name]],
    [`api.${of}.${name}_static`, isStatic ? api[of]?.[`${name}_static`] : undefined],
    [`api.${of}.${name}`, api[of]?.[name]],
  ]) {
    if (entry?.__compat) return { path, support: entry.__compat.support };
  }
  return MIXINS.test(of) ? globalNamed(name) : inherited(of, name);
}

function globalNamed(name) {
  for (const [path, entry] of [
    [`javascript.builtins.${name}`, builtins[name]],
    [`api.${name}`, api[name]],
    [`api.Window.${name}`, api.Window[name]],
    [`webassembly.api.${name}`, name === 'WebAssembly' ? data.webassembly.api : undefined],
  ]) {
    if (entry?.__compat) return { path, support: entry.__compat.support };
  }
  return undefined;
}

/** For mixins: TypeScript names the mixin, `NavigatorLocks`, and MDN the interface that includes it, `Navigator`. */
function inherited(of, name) {
  const all = named.get(name) ?? [];
  return all.find(({ path }) => of.startsWith(path.split('.').at(-2)));
}

/** Names that exist only in TypeScript's library, and the names that browsers use. */
const ALIASES = {
  ReadonlyArray: 'Array',
  ReadonlyMap: 'Map',
  ReadonlySet: 'Set',
  PromiseLike: 'Promise',
  CallableFunction: 'Function',
  NewableFunction: 'Function',
};

/** Interfaces whose members are globals. */
const MIXINS = /^(Window|WindowOrWorkerGlobalScope|GlobalEventHandlers|WindowEventHandlers)$/;

/** All members of all interfaces, by name. @type {Map<string, { path: string, support: object }[]>} */
const named = new Map();
for (const [root, group] of [
  ['javascript.builtins', builtins],
  ['api', api],
]) {
  for (const [of, members] of Object.entries(group)) {
    for (const [key, entry] of Object.entries(members)) {
      if (key === '__compat' || !entry.__compat) continue;
      const name = key.replace(/_static$/, '');
      const list = named.get(name) ?? [];
      named.set(name, [...list, { path: `${root}.${of}.${key}`, support: entry.__compat.support }]);
    }
  }
}

/**
 * @param {object} support of MDN's data
 * @param {Browsers} oldest
 * @returns {string[]} the browsers that lack it
 */
export function lacking(support, oldest) {
  return Object.entries(oldest)
    .filter(([browser, version]) => !isThere([support[browser]].flat(), version))
    .map(([browser, version]) => `${browser} ${version}`);
}

const isThere = (statements, version) =>
  statements.some(
    (statement) =>
      statement &&
      !statement.flags &&
      !statement.prefix &&
      !statement.alternative_name &&
      !statement.version_removed &&
      isAtMost(statement.version_added, version),
  );

/** MDN writes `≤37` for version 37 or an older one. */
function isAtMost(added, version) {
  if (typeof added !== 'string' || added === 'preview') return false;
  const [a, b] = [added.replace('≤', ''), version].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
