import { lineAt } from '../../domain/sql-parse.ts';
import type { CodeTree } from '../../ports/code-reader.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { refusedImport } from './code-imports.ts';
import {
  GLOBALS,
  MEMBERS_OUT,
  NODES,
  TEST_MEMBERS_OUT,
  TEST_PARTS,
  TYPE_PARTS,
  WAYS_OUT,
  WITHOUT_ARGUMENTS,
} from './code-words.ts';

/** Something in a file that may not be there. */
export interface CodeProblem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

type Node = Readonly<Record<string, unknown>> & { readonly type: string };

interface Found {
  readonly node: Node;
  readonly parent: Node | null;
  /** The part of the parent it stands in. */
  readonly part: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Every node that is left when the code runs. Without recursion: trees can be deep. */
function nodesOf(program: unknown): readonly Found[] {
  const found: Found[] = [];
  const waiting: Found[] = isNode(program) ? [{ node: program, parent: null, part: '' }] : [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    found.push(next);
    const { node } = next;
    if (node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration') continue;
    for (const [part, value] of Object.entries(node)) {
      if (TYPE_PARTS.has(part)) continue;
      for (const item of Array.isArray(value) ? value : [value]) {
        if (isNode(item)) waiting.push({ node: item, parent: node, part });
      }
    }
  }
  return found;
}

const PRAGMA = /@ts-(?:ignore|nocheck|expect-error)|biome-ignore|eslint-disable/;
const SQL =
  /^\s*(?:select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s[\s\S]*\sset\s|delete\s+from\s|with\s+\w+\s+as\s*\()/i;
const MOST_PROBLEMS = 20;

/**
 * Judges what somebody wrote for an endpoint who is not trusted, before any of it runs or is built: it may use its own
 * files, its queries, the parsing and checking of the project and a few packages; nothing that reaches the process, other
 * code, files, the network or SQL. A list of what is allowed; whatever is not understood is refused.
 */
export function judgeCode(
  files: FileTree,
  trees: Readonly<Record<string, CodeTree>>,
  endpoint: string,
): readonly CodeProblem[] {
  const problems = Object.entries(files).flatMap(([path, text]) => {
    const tree = trees[path] ?? { problem: 'it was not read', offset: 0 };
    if ('problem' in tree) return [{ path, line: lineAt(text, tree.offset), message: tree.problem }];
    const nodes = nodesOf(tree.program);
    const declared = declaredNames(nodes);
    const found = nodes.flatMap(({ node, parent, part }) => {
      const message = refusalOf({ node, parent, part }, { path, declared, endpoint });
      const offset = typeof node.start === 'number' ? node.start : 0;
      return message === null ? [] : [{ path, line: lineAt(text, offset), message }];
    });
    const pragma = text.search(PRAGMA);
    if (pragma === -1) return found;
    return [...found, { path, line: lineAt(text, pragma), message: 'checks cannot be turned off by comments' }];
  });
  return problems
    .sort((one, other) => one.path.localeCompare(other.path) || one.line - other.line)
    .slice(0, MOST_PROBLEMS);
}

interface File {
  readonly path: string;
  readonly declared: ReadonlySet<string>;
  readonly endpoint: string;
}

function refusalOf(found: Found, file: File): string | null {
  const { node, parent } = found;
  const { type } = node;
  if (!NODES.has(type)) return `${type} is not allowed here`;
  if (type.startsWith('Import') || type.startsWith('Export')) return refusedImport(node, parent, file);
  if (type === 'MemberExpression') return refusedMember(node, file);
  if (type === 'Property' && parent?.type === 'ObjectPattern') return refusedKey(node, file);
  if (type === 'Identifier') return refusedIdentifier(found, file);
  const text = type === 'Literal' ? node.value : type === 'TemplateElement' ? firstQuasi(node, parent) : null;
  return typeof text === 'string' && SQL.test(text) ? 'SQL does not belong into code: use propose_query' : null;
}

/** The text a template begins with; what comes later in it is part of the same text. */
function firstQuasi(node: Node, parent: Node | null): unknown {
  const all = Array.isArray(parent?.quasis) ? parent.quasis : [];
  const value: unknown = node.value;
  if (all[0] !== node || typeof value !== 'object' || value === null || !('raw' in value)) return null;
  const rest = all.slice(1).map((quasi: unknown) => rawOf(quasi));
  return [String(value.raw), ...rest].join(' x ');
}

function rawOf(quasi: unknown): string {
  const value = isNode(quasi) ? quasi.value : null;
  return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : '';
}

function refusedMember({ computed, property }: Node, { path }: File): string | null {
  if (!isNode(property)) return 'this cannot be read';
  if (computed === true) {
    const { type, value } = property;
    if (type === 'Literal' && typeof value === 'number') return null;
    return type === 'Literal' && typeof value === 'string'
      ? refusedName(value, path)
      : 'members are reached by name: use .at(index), a Map, Object.entries() or destructuring';
  }
  return refusedName(property.name, path);
}

/** What is taken out of a value by its name. */
function refusedKey({ computed, key }: Node, { path }: File): string | null {
  if (!isNode(key) || (computed === true && key.type !== 'Literal')) return 'members are taken out by name';
  return refusedName(key.type === 'Literal' ? key.value : key.name, path);
}

function refusedName(name: unknown, path: string): string | null {
  if (typeof name !== 'string') return null;
  const isOut = MEMBERS_OUT.has(name) || (path.startsWith('test/') && TEST_MEMBERS_OUT.has(name));
  return isOut ? `.${name} is not allowed here` : null;
}

function refusedIdentifier({ node, parent, part }: Found, { path, declared }: File): string | null {
  const name = String(node.name);
  const isKey =
    parent?.computed !== true && ((part === 'property' && parent?.type === 'MemberExpression') || part === 'key');
  if (isKey || part === 'label') return null;
  if (WAYS_OUT.has(name)) return `${name} is not allowed here`;
  if (!declared.has(name) && !GLOBALS.has(name)) return `${name} is not known here`;
  if (!path.startsWith('test/')) return null;
  const parts = declared.has(name) ? undefined : TEST_PARTS.get(name);
  if (parts) return refusedPart(name, parent, part, parts);
  if (!WITHOUT_ARGUMENTS.has(name)) return null;
  const isPlainCall = parent?.type === 'CallExpression' && part === 'callee' && isEmpty(parent.arguments);
  return isPlainCall || parent?.type === 'ImportSpecifier' ? null : `${name} is only called, without arguments`;
}

function refusedPart(name: string, parent: Node | null, part: string, parts: ReadonlySet<string>): string | null {
  const property = parent?.type === 'MemberExpression' && part === 'object' ? parent.property : null;
  const member = isNode(property) ? String(property.name ?? property.value) : '';
  return parts.has(member) ? null : `of ${name}, tests use ${[...parts].join(', ')} only: compare with assert`;
}

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

/** Every name that is given to something in the file, wherever. */
function declaredNames(nodes: readonly Found[]): ReadonlySet<string> {
  const taken = new Set(nodes.filter(({ parent }) => parent?.type === 'ObjectPattern').map(({ node }) => node));
  const names = nodes.flatMap(({ node, parent, part }) => {
    if (node.type !== 'Identifier' || parent === null) return [];
    const isTaken = part === 'value' && taken.has(parent);
    return isTaken || isBinding(parent, part) ? [String(node.name)] : [];
  });
  return new Set(names);
}

function isBinding({ type }: Node, part: string): boolean {
  if (part === 'id' || part === 'params' || part === 'param' || part === 'local') return true;
  if (type === 'ArrayPattern') return part === 'elements';
  return (type === 'RestElement' && part === 'argument') || (type === 'AssignmentPattern' && part === 'left');
}
