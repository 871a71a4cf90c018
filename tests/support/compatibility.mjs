// Which APIs code uses that browsers lack: TypeScript says what each name in it is, MDN's data since when browsers have it.

import { createRequire } from 'node:module';
import ts from 'typescript';

const data = createRequire(import.meta.url)('@mdn/browser-compat-data');
const { api, javascript } = data;
const { builtins } = javascript;

/**
 * @typedef {Record<string, string>} Browsers the oldest version of each, by the data's name for it
 *
 * @typedef {object} Use
 * @property {string} api as MDN names it, or only its last part where nothing says whose it is
 * @property {string} place file and line
 * @property {string[]} lacking the browsers
 */

/**
 * @param {string[]} files
 * @param {Browsers} oldest
 * @param {Record<string, string>} [planted] texts of files that are not there, by name
 * @returns {{ uses: Use[], seen: number }} what is too new, and how many uses of any API there were
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
    // Whatever a browser may have: what none of them has would be no API.
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

/** What a node of the syntax tree uses. Of several things that a name may be, the code may mean any. */
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
   * Of a value without a type the name is all there is to go by. It counts if the language has it, and if nothing that
   * is called so was there in time. An app's own fields have the names of web APIs too often.
   */
  function byName(name) {
    const all = named.get(name) ?? [];
    const isOld = all.some(({ support }) => lacking(support, oldest).length === 0);
    return isOld ? [] : all.filter(({ path }) => path.startsWith('javascript.'));
  }
}

const isAny = (type) => (type.flags & ts.TypeFlags.Any) !== 0;

/** Not the name of a property, which its owner says, and not a declaration. */
function isReference(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return true;
}

/** @returns {{ path: string, support: object }[]} each once, though the library declares it in parts */
function entriesOf(symbol) {
  const entries = (symbol?.declarations ?? []).filter(isOfLibrary).map(entryOf).filter(Boolean);
  return [...new Map(entries.map((entry) => [entry.path, entry])).values()];
}

const isOfLibrary = (declaration) =>
  /typescript[/\\]lib[/\\]lib\.[\w.]+\.d\.ts$/.test(declaration.getSourceFile().fileName);

/** What MDN's data says of a declaration of TypeScript's library. */
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

/** TypeScript has mixins, `NavigatorLocks`, where MDN has the interface that mixes them in, `Navigator`. */
function inherited(of, name) {
  const all = named.get(name) ?? [];
  return all.find(({ path }) => of.startsWith(path.split('.').at(-2)));
}

/** Names of TypeScript's library that no browser knows. */
const ALIASES = {
  ReadonlyArray: 'Array',
  ReadonlyMap: 'Map',
  ReadonlySet: 'Set',
  PromiseLike: 'Promise',
  CallableFunction: 'Function',
  NewableFunction: 'Function',
};

/** Interfaces whose members are global names. */
const MIXINS = /^(Window|WindowOrWorkerGlobalScope|GlobalEventHandlers|WindowEventHandlers)$/;

/** Every member of every interface, by its name. @type {Map<string, { path: string, support: object }[]>} */
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
 * @param {object} support MDN's
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

/** `≤37` is 37 or older. */
function isAtMost(added, version) {
  if (typeof added !== 'string' || added === 'preview') return false;
  const [a, b] = [added.replace('≤', ''), version].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
