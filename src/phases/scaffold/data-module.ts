import { createPart } from './data-module/create.ts';
import { collectionPart, findPart } from './data-module/read.ts';
import { removePart, replacePart, updatePart } from './data-module/write.ts';
import type { Resource } from './resource.ts';
import { importLine } from './source.ts';

/** `server/data/<table>.ts`: the statements of a table, and a function for each. */
export function dataModule(resource: Resource): string {
  const parts = [collectionPart, findPart, createPart, updatePart, replacePart, removePart];
  const body = parts
    .map((part) => part(resource))
    .filter((text) => text !== '')
    .join('\n\n');
  return `${imports(resource, body)}\n\n${body}\n`;
}

function imports({ table, patches }: Resource, body: string): string {
  const used = (...names: readonly string[]) => names.filter((name) => new RegExp(`\\b${name}[(<]`).test(body));
  const line = (names: readonly string[], from: string) => (names.length > 0 ? [importLine(names, from)] : []);
  const shapes = ['Create', 'Key', ...(patches.length > 0 ? ['Patch', 'Replace'] : []), 'Row'];
  return [
    ...line(used('randomUUID'), 'node:crypto'),
    ...line(used('nanoid'), 'nanoid'),
    importLine(['readRow', 'type Statement'], '../lib/database.ts'),
    importLine(['type Once'], '../lib/idempotency.ts'),
    importLine(['type Collection'], '../lib/list-query.ts'),
    ...line(used('hashPassword'), '../lib/password.ts'),
    importLine(['type Stored'], '../lib/rows.ts'),
    ...line(used('toBytea', 'toJson', 'toJsonArray'), '../lib/types.ts'),
    importLine(used('insertRow', 'insertRows', 'writeRow'), '../lib/writes.ts'),
    importLine(['columns', ...shapes.map((name) => `type ${name}`)], `../schemas/${table.name}.ts`),
  ].join('\n');
}
