import {
  accessOf,
  guardedRelations,
  guardsOf,
  hasAdmins,
  isAccountsTable,
  profileColumns,
  singleOwner,
} from '../../../domain/access.ts';
import { nestedPath } from '../../../domain/rest.ts';
import { sampleValue } from '../../../domain/sample-values.ts';
import type { Schema, Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { jsonCode, quoted } from '../source.ts';
import { type Case, callCase, constantList, objectCode } from './cases.ts';
import { SEED, shownValue, textList, uniqueSets } from './values.ts';

/** Who may see and change the rows of a table, of a schema with accounts. */
export function accessCases(resource: Resource, schema: Schema): readonly Case[] {
  const { table } = resource;
  const { read, write, owner } = accessOf(table, schema);
  const isAdminMade = write === 'admins';
  const maker = isAdminMade ? 'admin' : 'alice';
  const name = quoted(table.name);
  const { read: reading, change } = guardsOf(table, schema);
  const open = [...(reading === 'anybody' ? ['read'] : []), ...(change === 'anybody' ? ['write'] : [])];
  return [
    callCase('who is not signed in is told to', 'checkNobody', [maker, name, 'methods', textList(open)]),
    ...(owner?.kind === 'column'
      ? [callCase('a new row belongs to who makes it', 'checkOwner', [maker, name, quoted(owner.column)])]
      : []),
    ...othersCases(resource, schema),
    ...neighbourCases(resource, schema),
    ...keyCases(resource, schema),
    ...sharedCases(resource, schema),
    ...(isAdminMade
      ? [callCase('only administrators make and change rows', 'checkAdminsOnly', ['admin', 'alice', name, 'methods'])]
      : []),
    ...(hasAdmins(schema) && !isAdminMade && (read === 'owner' || write === 'owner')
      ? [
          callCase('administrators see and change the rows of others', 'checkAdmin', [
            'admin',
            'alice',
            name,
            'methods',
          ]),
        ]
      : []),
    ...protectedCases(resource, schema, maker),
    ...borrowedCases(resource, schema),
    ...profileCases(resource, schema),
    ...belowCases(resource, schema, maker),
  ];
}

function othersCases({ table }: Resource, schema: Schema): readonly Case[] {
  const { read, write, owner } = accessOf(table, schema);
  const who = write === 'admins' ? 'admin' : 'alice';
  const args = [who, 'carol', quoted(table.name), 'methods'];
  if (owner !== null && read === 'owner') return [callCase('rows are hidden from others', 'checkHidden', args)];
  if (owner !== null && write === 'owner') {
    return [callCase('others read rows and change none', 'checkReadOnly', args)];
  }
  return write === 'accounts' ? [callCase('whoever is signed in changes rows', 'checkCommon', args)] : [];
}

/** A key of the owner and of what others may refer to as well. */
function neighbourCases({ table, key, inputs }: Resource, schema: Schema): readonly Case[] {
  const { owner, write } = accessOf(table, schema);
  const rest = key.filter(({ name }) => name !== owner?.column);
  if (owner?.kind !== 'column' || write !== 'owner' || rest.length === 0 || rest.length === key.length) return [];
  const guarded = new Set(guardedRelations(table, schema).flatMap(({ relation }) => relation.columns));
  const isShared = rest.every(
    (column) => column.references && !guarded.has(column.name) && inputs.some((field) => field.column === column),
  );
  if (!isShared) return [];
  const args = ['alice', 'bob', quoted(table.name), quoted(owner.column)];
  return [
    callCase('rows of two people that share the rest of their key are different ones', 'checkOwnNeighbours', args),
  ];
}

/** A request is repeated by who sent it; the same key of somebody else is another request. */
function keyCases({ table, inputs, wall }: Resource, schema: Schema): readonly Case[] {
  const isMadeByAll = wall?.guards.create === 'account' && singleOwner(table, schema) === null;
  if (!isMadeByAll || inputs.length === 0) return [];
  return [callCase('an idempotency key is of who sends it', 'checkOwnKeys', ['alice', 'carol', quoted(table.name)])];
}

function sharedCases(resource: Resource, schema: Schema): readonly Case[] {
  const { table } = resource;
  const { read, write, sharedWith } = accessOf(table, schema);
  if (read !== 'owner' || write !== 'owner') return [];
  return sharedWith
    .filter((column) => resource.inputs.some(({ name }) => name === column))
    .map((column) => {
      const target = table.columns.find(({ name }) => name === column)?.references?.column ?? 'id';
      return callCase(`who ${column} names reads a row and does not change it`, 'checkReadOnly', [
        'alice',
        'bob',
        quoted(table.name),
        'methods',
        `{ ${column}: bob.account.${target} }`,
      ]);
    });
}

/** What only administrators say of a row. */
function protectedCases(resource: Resource, schema: Schema, maker: string): readonly Case[] {
  const { table, adminPatches } = resource;
  const compared = new Set(table.checks.flatMap(({ left, right }) => [left, right]));
  const unique = new Set(uniqueSets(table).flat());
  const plain = adminPatches.filter(
    ({ name, column }) => !column.references && !compared.has(name) && !unique.has(name),
  );
  if (plain.length === 0) return [];
  const values = plain.map(({ name, column }): [string, string] => [
    name,
    jsonCode(shownValue(resource, column, sampleValue(column, schema, SEED, name))),
  ]);
  return [
    callCase('what is protected is said by administrators only', 'checkProtected', [
      maker,
      'admin',
      quoted(table.name),
      { as: 'protectedValues', code: objectCode(Object.fromEntries(values), 'protectedValues') },
    ]),
  ];
}

function borrowedCases(resource: Resource, schema: Schema): readonly Case[] {
  const { table } = resource;
  // Administrators see every row.
  if (accessOf(table, schema).write === 'admins') return [];
  return guardedRelations(table, schema).flatMap(({ relation, parent }) => {
    const [column] = relation.columns;
    const [target] = relation.target.columns;
    const field = resource.inputs.find((candidate) => candidate.column.name === column);
    if (!field || target === undefined || relation.columns.length > 1 || isAccountsTable(parent, schema)) return [];
    const isChanged = resource.patches.some((patch) => patch.column === field.column);
    return [
      callCase(`${field.name} cannot be a row of somebody else`, 'checkBorrowed', [
        'alice',
        'carol',
        quoted(table.name),
        quoted(field.name),
        quoted(parent.name),
        quoted(target),
        isChanged ? 'methods' : "['POST']",
      ]),
    ];
  });
}

function profileCases(resource: Resource, schema: Schema): readonly Case[] {
  const { table, relations } = resource;
  const { write, owner } = accessOf(table, schema);
  const relation = relations.find(
    ({ embedding, columns }) =>
      embedding.kind === 'parent' &&
      embedding.table === schema.accounts?.table &&
      owner?.kind === 'column' &&
      columns[0]?.name === owner.column,
  );
  if (!relation) return [];
  const columns = profileColumns(schema).map(({ name }) => name);
  return [
    callCase(`of the ${relation.embedding.name} only the profile is shown`, 'checkProfile', [
      write === 'admins' ? 'admin' : 'alice',
      quoted(table.name),
      quoted(relation.embedding.name),
      textList(columns),
    ]),
  ];
}

/** Who may ask for the lists below a row. */
export function belowCases(resource: Resource, schema: Schema, maker: string): readonly Case[] {
  const { table } = resource;
  const nested = resource.relations.filter((relation) => relation.nested);
  if (nested.length === 0) return [];
  const isOpen = (name: string): boolean => {
    const child = schema.tables.find((candidate) => candidate.name === name);
    return [table, child].every((one) => one !== undefined && guardsOf(one, schema).read === 'anybody');
  };
  const open = nested.filter(({ embedding }) => isOpen(embedding.table));
  const names = (relations: typeof nested) => relations.map(({ embedding }) => quoted(nestedPath(embedding)));
  const isAccount = isAccountsTable(table, schema);
  const row = isAccount ? `${maker}.account` : `await ${maker}.make(${quoted(table.name)})`;
  return [
    callCase('lists below a row are guarded like any other', 'checkBelow', [
      maker,
      `pathOf(${quoted(table.name)}, ${row})`,
      { as: 'below', code: constantList('below', '[', names(nested), ']') },
      { as: 'openBelow', code: constantList('openBelow', '[', names(open), ']') },
    ]),
  ];
}

/** `test/row-level-security.test.mjs`: the second wall, past the server. */
export function wallModule(schema: Schema, tables: readonly Table[]): string {
  const others = tables.filter((table) => !isAccountsTable(table, schema));
  const cases = others.map((table) => {
    const { read, write, owner } = accessOf(table, schema);
    const maker = write === 'admins' ? 'admin' : 'alice';
    const changes = write === 'everyone' && owner?.kind === 'column' ? 'owner' : write;
    const sees = read === 'owner' && owner === null ? 'nobody' : read;
    return callCase(`${table.name} are guarded by the database too`, 'checkWall', [
      maker,
      'carol',
      quoted(table.name),
      { as: `${table.name}Rights`, code: `{ sees: ${quoted(sees)}, changes: ${quoted(changes)} }` },
    ]);
  });
  const accounts = callCase('the database itself keeps accounts apart', 'checkAccountWall', ['alice', 'carol']);
  const sessions = callCase('the database itself shows sessions to nobody', 'checkSessionWall', ['alice', 'carol']);
  const people = ['alice', ...(cases.some(({ code }) => code.includes('admin')) ? ['admin'] : []), 'carol', 'backend'];
  const imports = [
    ...(cases.length > 0 ? ["import { checkWall } from './access.mjs';"] : []),
    "import { checkAccountWall, checkSessionWall } from './accounts.mjs';",
  ];
  return `import { after, test } from 'node:test';
${imports.join('\n')}
import { openPeople } from './people.mjs';

const { ${people.join(', ')} } = await openPeople();
after(() => backend.close());

${[accounts, sessions, ...cases].map(({ code }) => code).join('\n\n')}
`;
}
