import { expect, test } from 'vitest';
import { ApiDocument, type Json } from '../../../src/domain/api-document.ts';
import { findEntities, isForAdmins } from '../../../src/domain/contract/entities.ts';
import { planContract } from '../../../src/domain/contract.ts';
import { contractProject, readDocument } from '../../support/contract-backend.ts';

/** Who has the scopes of a document in which people sign up. */

const press = await readDocument('press.yaml');

/** The document, with what each operation asks for that is not open to everybody. */
function asking(scope: string, other: readonly string[]): Json {
  const { paths, ...rest } = JSON.parse(JSON.stringify(press));
  for (const item of Object.values<Record<string, { operationId?: string; security?: unknown[] }>>(paths))
    for (const operation of Object.values(item))
      if (operation.operationId && operation.security?.length !== 0) operation.security = [{ token: [scope] }];
  paths['/me'].get.security = [{ token: [] }];
  if (other.length > 0) paths['/stories/{id}/embargo'].post.security = [{ token: other[0] === 'nothing' ? [] : other }];
  return { ...rest, paths };
}

const HOLDERS: readonly (readonly [scope: string, others: readonly string[], holder: string])[] = [
  ['stories:read', [], 'everyone'],
  ['write:stories', [], 'everyone'],
  ['story.own', [], 'everyone'],
  ['stories:write', ['nothing'], 'admins'],
  ['openid', ['nothing'], 'everyone'],
  ['user:write', [], 'everyone'],
  ['users:write', [], 'admins'],
  ['admin', [], 'admins'],
  ['stories:admin', [], 'admins'],
  ['manageStories', [], 'admins'],
  ['stories:write:all', [], 'admins'],
  ['stories:*', [], 'admins'],
  ['editor', [], 'nobody'],
  ['billing:read', [], 'nobody'],
  ['__proto__', [], 'nobody'],
];

test.each(HOLDERS)('the scope %s beside operations that ask for %j is for %s', (scope, others, holder) => {
  expect(findEntities(new ApiDocument(asking(scope, others))).scopes.get(scope)).toBe(holder);
});

test('of several demands the widest counts, of one all of it', () => {
  const { paths, ...rest } = JSON.parse(JSON.stringify(press));
  const operation = paths['/sections'].post;
  const isAdmins = (security: unknown) => {
    operation.security = security;
    const findings = findEntities(new ApiDocument({ ...rest, paths }));
    const found = findings.operations.find(({ id }) => id === 'addSection');
    return found && isForAdmins(findings, found);
  };
  expect(isAdmins([{ token: ['admin'] }])).toBe(true);
  expect(isAdmins([{ token: ['admin'] }, { token: ['profile'] }])).toBe(false);
  expect(isAdmins([{ token: ['admin', 'profile'] }])).toBe(true);
  expect(isAdmins([{ token: ['profile'], adminToken: [] }])).toBe(true);
  // What nobody has opens nothing, beside nothing either.
  expect(isAdmins([{ token: ['admin', 'embargo'] }])).toBe(false);
  expect(isAdmins([{ token: ['admin'] }, {}])).toBe(false);
});

test('tables that were made without a role have no administrators: nothing is opened by itself', () => {
  const { schema } = contractProject(press);
  const { accounts } = schema;
  const older = { ...schema, accounts: accounts && { ...accounts, role: null, admins: [] } };
  const plan = planContract(press, older);
  expect(plan.operations.filter(({ admits }) => admits === 'admins')).toEqual([]);
  const add = plan.operations.find(({ id }) => id === 'addSection');
  expect([add?.admits, add?.action.kind]).toEqual(['nobody', 'custom']);
});
