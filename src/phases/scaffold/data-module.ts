import { createPart } from './data-module/create.ts';
import { collectionPart, findPart } from './data-module/read.ts';
import { referencesPart } from './data-module/references.ts';
import { removePart, replacePart, unchangedPart, updatePart } from './data-module/write.ts';
import type { Resource } from './resource.ts';
import { importLine } from './source.ts';

/** `server/data/<table>.ts`: the statements of a table, and a function for each. */
export function dataModule(resource: Resource): string {
  const parts = [
    collectionPart,
    findPart,
    referencesPart,
    createPart,
    updatePart,
    replacePart,
    removePart,
    unchangedPart,
  ];
  const body = parts
    .map((part) => part(resource))
    .filter((text) => text !== '')
    .join('\n\n');
  return `${imports(resource, body)}\n\n${body}\n`;
}

/** Names the code of a table may need, by where they come from, in the order of the imports. */
const SOURCES: readonly (readonly [from: string, names: readonly string[]])[] = [
  ['node:crypto', ['randomUUID']],
  ['nanoid', ['nanoid']],
  ['../lib/as-account.ts', ['type Bind', 'findRowsAs', 'findVisible', 'readPageAs', 'readRowAs', 'SYSTEM']],
  ['../lib/auth.ts', ['type Account']],
  ['../lib/database.ts', ['findRows', 'readPage', 'readRow', 'type Statement']],
  ['../lib/hash-for.ts', ['hashFor']],
  ['../lib/idempotency.ts', ['type Once']],
  ['../lib/list-query.ts', ['type Collection']],
  ['../lib/password.ts', ['hashPassword']],
  ['../lib/rows.ts', ['type Stored']],
  ['../lib/types.ts', ['toBytea', 'toJson', 'toJsonArray']],
  [
    '../lib/writes.ts',
    ['deadReferences', 'forbidden', 'insertRow', 'insertRows', 'type NewRow', 'type References', 'writeRow'],
  ],
];
const SHAPES = ['type AdminPatch', 'columns', 'type Create', 'type Key', 'type Patch', 'type Replace', 'type Row'];

function imports({ table }: Resource, body: string): string {
  // Texts and SQL hold names of the schema.
  const code = body.replace(/`[^`]*`/g, '``').replace(/'[^'\n]*'/g, "''");
  const isUsed = (name: string) => new RegExp(`(?<![\\w.])${name.replace('type ', '')}\\b(?!\\??:)`).test(code);
  const line = (from: string, names: readonly string[]) => {
    const used = names.filter(isUsed);
    return used.length > 0 ? [importLine(used, from)] : [];
  };
  return [
    ...SOURCES.flatMap(([from, names]) => line(from, names)),
    ...(/\benums\./.test(code) ? ["import type * as enums from '../lib/enums.ts';"] : []),
    ...line(`../schemas/${table.name}.ts`, SHAPES),
  ].join('\n');
}
