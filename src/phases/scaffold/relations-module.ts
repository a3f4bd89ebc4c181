import { APP_SCHEMA } from '../../domain/database.ts';
import type { Embedding } from '../../domain/embedding.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import type { Column } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { entry, listed, quoted } from './source.ts';

/** Words that a variable cannot be called. */
const RESERVED: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public
  relations return static super switch this throw true try typeof undefined var void while with yield`.split(/\s+/),
);

/** A table as a variable; no table has a $ in its name. */
function variable(table: string): string {
  return RESERVED.has(table) ? `${table}$` : table;
}

/** `server/relations/<table>.ts`: what rows can be shown with. Empty for a table without relations. */
export function relationsModule(resource: Resource): string {
  const { relations } = resource;
  if (relations.length === 0) return '';
  const tables = [...new Set(relations.map(({ embedding }) => embedding.table))].sort();
  const imports = tables.map((table) => importCollection(table));
  const entries = relations.map(({ embedding, columns }) => `  ${relationCode(resource, embedding, columns)}`);
  return `${imports.join('\n')}
import type { Relations } from '../lib/relations.ts';

/** What a row can be shown with: \`?include=\`. */
export const relations = {
${entries.join('\n')}
} satisfies Relations;
`;
}

function importCollection(table: string): string {
  const name = variable(table);
  return `import { collection as ${name} } from '../data/${table}.ts';`;
}

function relationCode(resource: Resource, embedding: Embedding, columns: readonly Column[]): string {
  const { name, kind, table } = embedding;
  const texts = (values: readonly string[]) => `[${values.map(quoted).join(', ')}]`;
  const fields = [
    entry('kind', quoted(kind), 4),
    entry('rows', variable(table), 4),
    entry('from', texts(embedding.columns), 4),
    entry('to', texts(embedding.otherColumns), 4),
    entry('types', texts(columns.map((column) => typeName(resource, column))), 4),
  ];
  return listed(`${name}: {`, fields, '},', 2);
}

/** The type of a column without its length, which would cut values. */
function typeName(resource: Resource, column: Column): string {
  const { type } = resource.typeOf(column);
  if (!type) return `${APP_SCHEMA}.${readableIdentifier(column.type)}`;
  return type.base === 'char' ? 'bpchar' : type.base;
}
