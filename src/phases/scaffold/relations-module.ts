import { typeName } from './data-module/statements.ts';
import type { Resource, ResourceRelation } from './resource.ts';
import { entry, listed, quoted } from './source.ts';

/** Words that a variable cannot be called. */
const RESERVED: ReadonlySet<string> = new Set(
  `account arguments await break case catch class const continue debugger default delete do else enum eval export extends false
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
  const modules = [...new Set(relations.map(({ source }) => source.module))].sort();
  const isBound = hasBoundRelations(resource);
  const indent = isBound ? 4 : 2;
  const entries = relations.map((relation) => `${' '.repeat(indent)}${relationCode(resource, relation, indent)}`);
  return `${modules.map(importCollection).join('\n')}
${isBound ? "import type { Account } from '../lib/auth.ts';\n" : ''}import type { Relations } from '../lib/relations.ts';

${isBound ? boundRelations(entries) : plainRelations(entries)}
`;
}

/** Some of the rows depend on who asks. */
export function hasBoundRelations({ relations }: Resource): boolean {
  return relations.some(({ source }) => source.isBound);
}

function plainRelations(entries: readonly string[]): string {
  return `/** What a row can be shown with: \`?include=\`. */
export const relations = {
${entries.join('\n')}
} satisfies Relations;`;
}

function boundRelations(entries: readonly string[]): string {
  return `/** What a row can be shown with: \`?include=\`, as far as an account may see it. */
export function relations(account: Account | null) {
  return {
${entries.join('\n')}
  } satisfies Relations;
}`;
}

function importCollection(module: string): string {
  const name = variable(module);
  return `import { collection as ${name} } from '../data/${module}.ts';`;
}

function relationCode(resource: Resource, relation: ResourceRelation, indent: number): string {
  const { embedding, columns, source } = relation;
  const { name, kind } = embedding;
  const inner = indent + 2;
  const texts = (values: readonly string[]) => `[${values.map(quoted).join(', ')}]`;
  const rows = variable(source.module);
  const fields = [
    entry('kind', quoted(kind), inner),
    entry('rows', source.isBound ? `${rows}(account)` : rows, inner),
    entry('from', texts(embedding.columns), inner),
    entry('to', texts(embedding.otherColumns), inner),
    entry('types', texts(columns.map((column) => typeName(resource, column))), inner),
  ];
  return listed(`${name}: {`, fields, '},', indent);
}
