import type { Guard } from '../../../domain/access.ts';
import { hasBoundRelations } from '../relations-module.ts';
import type { Resource } from '../resource.ts';
import { importLine } from '../source.ts';

/** Imports in the order of their paths, and the handler. */
export function route(lines: readonly string[], body: string): string {
  const [first = '', ...others] = lines;
  return `${[first, ...[...others].sort(byPath)].join('\n')}\n\nexport default ${body}\n`;
}

/** The import of what makes handlers, and of what else the server gives. */
export function handler(...names: readonly string[]): string {
  return importLine(['defineHandler', ...names], 'nitro/h3');
}

const GUARDS: Readonly<Record<Guard, string>> = {
  anybody: 'readAccount',
  account: 'requireAccount',
  admin: 'requireAdmin',
};

/** How a route finds out who asks; nothing where nobody signs in. */
export interface Asking {
  readonly lines: readonly string[];
  /** The first line of the handler, with its line break. */
  readonly code: string;
}

/** How a route asks for who sends the request; `isUsed` when it needs to know. */
export function asking({ wall }: Resource, guard: Guard, up: string, isUsed: boolean): Asking {
  if (!wall) return { lines: [], code: '' };
  const name = GUARDS[guard];
  const call = `await ${name}(event);`;
  return {
    lines: [importLine([name], `${up}lib/${guard === 'admin' ? 'admins' : 'auth'}.ts`)],
    code: `  ${isUsed ? `const account = ${call}` : call}\n`,
  };
}

/** The import of a table's relations, if it has any, and what hands them on. */
export function relationsOf(
  resource: Resource,
  up: string,
): { readonly lines: readonly string[]; readonly names: readonly string[] } {
  if (resource.relations.length === 0) return { lines: [], names: [] };
  return {
    lines: [importLine(['relations'], `${up}relations/${resource.table.name}.ts`)],
    names: [hasBoundRelations(resource) ? 'relations(account)' : 'relations'],
  };
}

/** `key, account` where reading needs an account. */
export function findArguments({ wall }: Resource, key = 'key'): string {
  return wall?.isBound ? `${key}, account` : key;
}

function byPath(one: string, other: string): number {
  const path = (line: string) => line.slice(line.indexOf(" from '"));
  return path(one) < path(other) ? -1 : 1;
}
