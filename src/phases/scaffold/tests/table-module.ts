import { accessOf, singleOwner } from '../../../domain/access.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { rowMethods } from '../route-files.ts';
import { commentText, listed, quoted } from '../source.ts';
import { accessCases } from './access-cases.ts';
import { bodyCases, defaultCases, unsendable } from './body-cases.ts';
import { type Case, callCase, checkImports, constantList, objectCode } from './cases.ts';
import { changeCases, changesOf } from './change-cases.ts';
import { kindsOf, listCases } from './list-cases.ts';
import { ruleCases } from './rule-cases.ts';
import { hasFewRows, textList, uniqueSets } from './values.ts';
import { isSingle, type Voice } from './voice.ts';

/** `test/<table>.test.mjs`. */
export function tableModule(resource: Resource, schema: Schema, resources: readonly Resource[]): string {
  const { table } = resource;
  const client = schema.accounts ? (accessOf(table, schema).write === 'admins' ? 'admin' : 'alice') : 'client';
  const voice: Voice = { client, schema, resources };
  const cases = [
    ...rowCases(resource, voice),
    ...listCases(resource, voice),
    ...(schema.accounts ? accessCases(resource, schema) : []),
  ];
  const body = cases.map(({ code }) => code).join('\n\n');
  const about = commentText(table.description);
  const used = ['admin', 'alice', 'bob', 'carol'].filter((name) => new RegExp(`\\b${name}\\b[,.)]`).test(body));
  const opening = schema.accounts
    ? `const { ${[...used, 'backend'].join(', ')} } = await openPeople();`
    : 'const { client, backend } = await openClient();';
  const own = schema.accounts
    ? "import { openPeople } from './people.mjs';"
    : "import { openClient } from './client.mjs';";
  const paths = body.includes('pathOf(') ? ["import { pathOf } from './client.mjs';"] : [];
  const imports = [own, ...paths, ...checkImports(body)].sort((one, other) => (pathIn(one) < pathIn(other) ? -1 : 1));
  const head = [
    "import { after, test } from 'node:test';",
    ...imports,
    '',
    `// The rows of ${table.name}${about === '' ? '.' : `: ${about}`}`,
    '',
    opening,
    'after(() => backend.close());',
    '',
    `const methods = ${textList(rowMethods(resource))};`,
  ];
  const rows = body.includes('makeRows()') ? [makeRowsCode(resource, voice)] : [];
  return `${[head.join('\n'), ...rows, body].join('\n\n')}\n`;
}

/** Code of a function that makes rows which differ where they can, one of them as empty as may be. */
function makeRowsCode(resource: Resource, { client, schema }: Voice): string {
  const { table, inputs } = resource;
  const changes: Readonly<Record<string, string>> = Object.assign({}, ...changesOf(resource, { schema }));
  const unique = new Set(uniqueSets(table).flat());
  const plain = Object.entries(changes).filter(([name]) => !unique.has(name));
  const empty = inputs.filter(({ column }) => column.nullable).map(({ name }) => [name, 'null'] as const);
  const make = (name: string) => `await ${client}.make(${quoted(table.name)}${name === '' ? '' : `, ${name}`})`;
  const constant = (name: string, entries: readonly (readonly [string, string])[]) =>
    `const ${name} = ${objectCode(Object.fromEntries(entries), name)};`;
  const [hasOther, hasEmpty] = [plain.length > 0, empty.length > 0];
  const isAlone = singleOwner(table, schema) !== null;
  const rows = [
    make(''),
    ...(!isAlone && (hasOther || unique.size > 0) ? [make(hasOther ? 'other' : '')] : []),
    ...(!isAlone && hasEmpty ? [make('bare')] : []),
  ];
  const kinds = Object.entries(kindsOf(resource)).map(([name, kind]) => [name, quoted(kind)] as const);
  return [
    '/** How the values of each column can be compared. */',
    constant('kinds', kinds),
    ...(!isAlone && hasOther ? [constant('other', plain)] : []),
    ...(!isAlone && hasEmpty ? [constant('bare', empty)] : []),
    '',
    '/** Rows that differ where they can, made once. */',
    'let rows;',
    'async function makeRows() {',
    `  ${listed('rows ??= [', rows, '];', 2)}`,
    '  return rows;',
    '}',
  ].join('\n');
}

/** The cases that hold for the rows of every table. */
function rowCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, output, patches } = resource;
  const who = [voice.client, quoted(table.name)];
  const columns = constantList(
    'columns',
    '[',
    output.map(({ name }) => quoted(name)),
    ']',
  );
  const life = callCase('a row is made, read and removed', 'checkLife', [...who, { as: 'columns', code: columns }]);
  if (hasFewRows(resource)) return [life, ...bodyCases(resource, voice)];
  const open = voice.client === 'admin' ? resource.adminPatches.map(({ name }) => name) : [];
  const closed = unsendable(resource).filter((name) => !open.includes(name));
  const foreign = constantList('foreign', '[', closed.map(quoted), ']');
  return [
    life,
    callCase('a key that no row has is not found', 'checkMissing', [...who, 'methods']),
    ...bodyCases(resource, voice),
    ...defaultCases(resource, voice),
    callCase('fields that nobody may send are refused', 'checkUnknown', [
      ...who,
      { as: 'foreign', code: foreign },
      'methods',
    ]),
    ...(patches.length > 0 ? changeCases(resource, voice) : []),
    ...neighbourCases(resource, voice),
    callCase('a row is changed only in the version that is named', 'checkVersions', [...who, 'methods']),
    ...(resource.inputs.length > 0 && singleOwner(table, voice.schema) === null
      ? [
          callCase('of many rows all are made or none', 'checkMany', who),
          callCase('a request with an idempotency key takes effect once', 'checkOnce', who),
        ]
      : []),
    ...ruleCases(resource, voice),
  ];
}

/** A key of several references: rows that share one of them are told apart by the others. */
function neighbourCases({ table, key, inputs }: Resource, { client, schema }: Voice): readonly Case[] {
  const parents = key.flatMap((column) => {
    const isSent = inputs.some((field) => field.column === column);
    return isSent && column.references ? [[column.name, column.references] as const] : [];
  });
  if (parents.length < 2 || parents.length < key.length) return [];
  if (parents.some(([, target]) => isSingle(target.table, schema))) return [];
  const code = Object.fromEntries(parents.map(([name, target]) => [name, textList([target.table, target.column])]));
  return [
    callCase('rows that share a part of their key are different ones', 'checkNeighbours', [
      client,
      quoted(table.name),
      { as: 'parts', code: objectCode(code, 'parts') },
    ]),
  ];
}

function pathIn(line: string): string {
  return line.slice(line.indexOf(" from '"));
}
