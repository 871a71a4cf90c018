// Reads the doc comments of pkg-template/types.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * @typedef {object} Documented a member of an interface
 * @property {string} path its name, behind those of the groups that it is in
 * @property {string} text its doc comment without the default
 * @property {string} byDefault the default, as the comment says it; empty if it says none
 * @property {string} type
 * @property {boolean} isGroup it has options inside
 * @property {boolean} isRequired
 */

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '../pkg-template/types');

/** The package's entries, by the names of their types' files: `index` for `holdfast`. */
export function entries() {
  const file = path.join(folder, '../package.json');
  const { exports } = JSON.parse(readFileSync(file, 'utf8'));
  const names = Object.keys(exports).filter((name) => name !== './package.json');
  return names.map((name) => (name === '.' ? 'index' : name.slice('./'.length)));
}

/** @param {string} entry */
function parse(entry) {
  const file = path.join(folder, `${entry}.d.ts`);
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/**
 * The members of an interface, those of its groups behind each.
 * @param {string} entry
 * @param {string} name
 * @returns {Documented[]}
 */
export function interfaceOf(entry, name) {
  const source = parse(entry);
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name)
      return [...membersOf(statement.members, '')];
  }
  throw new Error(`${entry}.d.ts has no interface ${name}`);
}

/** @param {readonly ts.TypeElement[]} members @param {string} prefix @returns {Iterable<Documented>} */
function* membersOf(members, prefix) {
  for (const member of members) {
    if (!ts.isPropertySignature(member) || !member.type) continue;
    const name = prefix + member.name.getText();
    const types = ts.isUnionTypeNode(member.type) ? [...member.type.types] : [member.type];
    const group = types
      .filter(ts.isTypeLiteralNode)
      .find(({ members }) => members.some(ts.isPropertySignature));
    const type = types.map(textOfType).filter((text) => text !== 'undefined');
    yield {
      path: name,
      ...textsOf(member),
      // A function that stands alone needs no parentheses.
      type: type.length === 1 ? type[0].replace(/^\((.*)\)$/, '$1') : type.join(' | '),
      isGroup: group !== undefined,
      isRequired: !member.questionToken,
    };
    if (group) yield* membersOf(group.members, `${name}.`);
  }
}

/** A type in one line, without comments and without `| undefined`. @param {ts.TypeNode} node */
function textOfType(node) {
  const text = ts
    .createPrinter({ removeComments: true })
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text.replace(/\s+/g, ' ').replaceAll(' | undefined', '');
}

/** @param {ts.Node} node */
function textsOf(node) {
  const comment = commentOf(node);
  const [, text = '', byDefault = ''] = comment.match(/^(.*?)(?:\s*\bDefault: (.*))?$/s) ?? [];
  const isRequired = / Required\.$/.test(text);
  return {
    text: (isRequired ? text.replace(/ Required\.$/, '') : text).trim(),
    byDefault: byDefault.replace(/\s+/g, ' ').replace(/\.$/, ''),
  };
}

/** The last doc comment of a node as text. @param {ts.Node} node */
function commentOf(node) {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (!comment) return '';
  const text = ts.getTextOfJSDocComment(comment.comment) ?? '';
  return text.replace(/\{@link (\w+)\}/g, '`$1`');
}

/**
 * Every export of an entry, and every member of the interfaces and classes among them, without a doc comment.
 * @param {string} entry
 */
export function undocumented(entry) {
  /** @type {string[]} */
  const found = [];
  const look = (/** @type {ts.Node} */ node, /** @type {string} */ name) => {
    if (ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).length === 0) found.push(name);
  };
  const within = (/** @type {ts.Node} */ node, /** @type {string} */ name) => {
    for (const member of /** @type {any} */ (node).members ?? []) {
      // Overloads of a call, and fields of any name, have none of their own.
      if (!member.name) continue;
      const path = `${name}.${member.name.getText()}`;
      look(member, path);
      if (!ts.isPropertySignature(member)) continue;
      const { type } = member;
      const types = type && ts.isUnionTypeNode(type) ? type.types : [type];
      for (const group of types) {
        // Methods of an object that the app hands in speak for themselves.
        if (group && ts.isTypeLiteralNode(group) && group.members.some(ts.isPropertySignature))
          within(group, path);
      }
    }
  };
  for (const statement of parse(entry).statements) {
    const isDeclaration =
      ts.isInterfaceDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement);
    const isExported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (!isExported) continue;
    if (isDeclaration) {
      const name = statement.name?.getText() ?? 'default';
      look(statement, name);
      within(statement, name);
    } else if (ts.isVariableStatement(statement)) {
      look(statement, statement.declarationList.getText());
    }
  }
  return found;
}
