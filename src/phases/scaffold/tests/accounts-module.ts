import { hasAdmins } from '../../../domain/access.ts';
import { changeableFields, registrationFields } from '../../../domain/rest.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { rowMethods } from '../route-files.ts';
import { importLine, quoted } from '../source.ts';
import { belowCases } from './access-cases.ts';
import { type Case, callCase, constantList, lines, objectCode } from './cases.ts';
import { changesOf } from './change-cases.ts';
import { limitsOf } from './limits.ts';
import { badFilters } from './list-cases.ts';
import { ownedTables } from './owned-tables.ts';
import { constraintCases } from './rule-cases.ts';
import { textList } from './values.ts';

/** `test/<accounts>.test.mjs`: people see and change themselves, and nobody else. */
export function accountsModule(resource: Resource, schema: Schema, resources: readonly Resource[]): string {
  const cases = accountCases(resource, schema, resources);
  const body = cases.map(({ code }) => code).join('\n\n');
  const used = ['admin', 'alice', 'bob', 'carol', 'nobody'].filter((name) =>
    new RegExp(`\\b${name}\\b[,.)]`).test(body),
  );
  const checks = CHECKS.filter((name) => body.includes(`${name}(`));
  const uses = (name: string) => body.includes(`${name}(`);
  const imports = [
    ...(uses('checkBelow') ? [importLine(['checkBelow'], './access.mjs')] : []),
    importLine(checks, './accounts.mjs'),
    ...(uses('pathOf') ? [importLine(['pathOf'], './client.mjs')] : []),
    ...(uses('checkBadFilters') ? [importLine(['checkBadFilters'], './lists.mjs')] : []),
    importLine(['openPeople'], './people.mjs'),
  ];
  const methods = `const methods = ${textList(rowMethods(resource))};`;
  return `import { after, test } from 'node:test';
${imports.join('\n')}

const { ${[...used, 'backend'].join(', ')} } = await openPeople();
after(() => backend.close());

${methods}

${body}
`;
}

const CHECKS = [
  'checkAccountChange',
  'checkAccountConstraint',
  'checkAccountCursor',
  'checkAccountOnly',
  'checkAccountRefused',
  'checkAccountRemoval',
  'checkAccountRequired',
  'checkAccountVersions',
  'checkAdminOfAccounts',
  'checkOtherAccounts',
  'checkRegisterRefused',
];

function requiredOf(fields: Resource['inputs']): readonly string[] {
  return fields.filter(({ required }) => required).map(({ name }) => quoted(name));
}

function accountCases(resource: Resource, schema: Schema, resources: readonly Resource[]): readonly Case[] {
  const changeable = changeableFields(resource.table, schema);
  const sent = new Set(changeable.map(({ name }) => name));
  const columns = resource.output.map(({ name }) => quoted(name));
  const refused = (fields: Resource['inputs']) =>
    fields.flatMap((field) =>
      limitsOf(resource, field).refused.map(
        ({ code, message }) => `[${quoted(field.name)}, ${code}, ${quoted(message)}]`,
      ),
    );
  const changes = changesOf(resource, { schema }).filter((change) =>
    Object.keys(change).every((name) => sent.has(name)),
  );
  const outside = refused(changeable);
  const foreign = [...resource.table.columns.map(({ name }) => name), 'password', 'no_such_field'].filter(
    (name) => !sent.has(name),
  );
  const strange = badFilters(resource).map(([name, value]) => `[${quoted(name)}, ${quoted(value)}]`);
  return [
    callCase('people see themselves, and nobody else', 'checkAccountOnly', [
      'alice',
      { as: 'columns', code: constantList('columns', '[', columns, ']') },
    ]),
    callCase('the accounts of others are not there', 'checkOtherAccounts', ['alice', 'carol', 'methods']),
    callCase('nobody else is behind a place in the list', 'checkAccountCursor', ['alice', 'carol']),
    callCase('an account is changed only in the version that is named', 'checkAccountVersions', ['alice', 'methods']),
    callCase('what an account cannot do without is named', 'checkAccountRequired', [
      'alice',
      { as: 'registered', code: constantList('registered', '[', requiredOf(registrationFields(schema)), ']') },
      { as: 'replaced', code: constantList('replaced', '[', requiredOf(changeable), ']') },
    ]),
    callCase('what people register with has limits', 'checkRegisterRefused', [
      'alice',
      { as: 'strange', code: lines(refused(registrationFields(schema))) },
    ]),
    ...(changeable.length > 0
      ? [
          callCase('people change what is theirs to change', 'checkAccountChange', [
            'alice',
            {
              as: 'changes',
              code: constantList(
                'changes',
                '[',
                changes.map((change) => objectCode(change)),
                ']',
              ),
            },
            { as: 'foreign', code: constantList('foreign', '[', foreign.map(quoted), ']') },
          ]),
        ]
      : []),
    ...(outside.length > 0
      ? [
          callCase('what people change has limits', 'checkAccountRefused', [
            'alice',
            { as: 'outside', code: lines(outside) },
          ]),
        ]
      : []),
    ...(hasAdmins(schema)
      ? [callCase('administrators see everybody', 'checkAdminOfAccounts', ['admin', 'alice'])]
      : []),
    ...constraintCases(resource, { client: 'alice', schema, resources: [] }).map(({ name, code }) => ({
      name,
      code: code.replace(`checkConstraint(alice, ${quoted(resource.table.name)}, `, 'checkAccountConstraint(alice, '),
    })),
    ...(strange.length > 0
      ? [
          callCase('a filter must be of the type of its column', 'checkBadFilters', [
            'alice',
            quoted(resource.table.name),
            { as: 'filters', code: lines(strange) },
          ]),
        ]
      : []),
    ...belowCases(resource, schema, 'alice'),
    callCase('who goes takes along what is theirs, and is signed out', 'checkAccountRemoval', [
      'bob',
      'carol',
      { as: 'owned', code: lines(ownedTables(schema, resources)) },
    ]),
  ];
}
