import { MODULES, PACKAGES } from './code-words.ts';
import { posixJoin } from './posix-join.ts';

type Node = Readonly<Record<string, unknown>>;

interface File {
  readonly path: string;
  readonly endpoint: string;
}

/** Why an import or export may not stand where it stands; null when it may. */
export function refusedImport(node: Node, parent: Node | null, file: File): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return refusedSource(node, file);
    case 'ExportNamedDeclaration':
      return node.source ? 'import what you need and export what you make: nothing is passed on' : null;
    case 'ImportDefaultSpecifier':
      return parent && namesOf(parent, file)?.has('default') ? null : 'import names, not a default';
    case 'ImportSpecifier':
      return refusedSpecifier(node, parent, file);
    default:
      return null;
  }
}

function refusedSource(node: Node, file: File): string | null {
  const source = sourceOf(node);
  if (Array.isArray(node.specifiers) && node.specifiers.length === 0) return 'import names';
  if (Array.isArray(node.attributes) && node.attributes.length > 0) return 'imports have no attributes here';
  return namesOf(node, file) === undefined ? `${JSON.stringify(source)} cannot be imported here` : null;
}

function refusedSpecifier(node: Node, parent: Node | null, file: File): string | null {
  const [imported, local] = [textOf(node.imported), textOf(node.local)];
  if (imported === null || imported !== local) return 'import names as they are, without "as"';
  const names = parent ? namesOf(parent, file) : undefined;
  return names === undefined || names === null || names.has(imported)
    ? null
    : `${imported} cannot be imported from ${JSON.stringify(parent ? sourceOf(parent) : '')}`;
}

/** What may be imported from where a declaration imports; null: everything; undefined: nothing. */
function namesOf(declaration: Node, { path, endpoint }: File): ReadonlySet<string> | null | undefined {
  const source = sourceOf(declaration);
  const room = path.startsWith('test/') ? 'test' : 'server';
  if (!source.startsWith('.')) return PACKAGES[room][source];
  const target = posixJoin(path, source);
  if (target === null) return undefined;
  const isOwn = target === `server/custom/${endpoint}.queries.ts` || target.startsWith(`server/custom/${endpoint}/`);
  if (room === 'server' && isOwn) return null;
  const found = MODULES[room].find(([form]) => form.test(target));
  return found === undefined ? undefined : found[1];
}

const sourceOf = ({ source }: Node) => literalOf(source) ?? '';

function literalOf(node: unknown): string | null {
  return typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string'
    ? node.value
    : null;
}

function textOf(node: unknown): string | null {
  return typeof node === 'object' && node !== null && 'name' in node && typeof node.name === 'string'
    ? node.name
    : null;
}
