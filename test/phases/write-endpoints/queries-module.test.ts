import { expect, test } from 'vitest';
import { type AcceptedQuery, queriesModule } from '../../../src/phases/write-endpoints/queries-module.ts';

/** What would be filled in, if it got into a template as it is. */
const PLACE = `${'`$'}{1}${'`'}`;

const query: AcceptedQuery = {
  name: 'totalGiven',
  purpose: 'What an account gave. */ process.exit()',
  shape: {
    kind: 'read',
    text: `select sum(cents) as cents from app.gifts where note <> ${PLACE} and user_id = $1`,
    parameters: 4,
    columns: [{ name: 'cents', nullable: true }],
  },
  parameters: ['userId', 'most', 'price', 'tags'],
  parameterTypes: ['character varying', 'integer', 'numeric', 'text[]'],
  columnTypes: ['bigint'],
};

/** The types of the parameters, by name. */
function typesIn(text: string): Record<string, string> {
  const [, inside = ''] = /export interface TotalGivenValues \{([^}]*)\}/.exec(text) ?? [];
  return Object.fromEntries(
    [...inside.matchAll(/readonly (\w+): ([^;]+);/g)].map(([, name = '', type = '']) => [name, type]),
  );
}

test('parameters have the types of the database, and what could be the key of an account takes one', () => {
  const plain = { most: 'number | null', price: 'number | string | null', tags: 'readonly string[]' };
  expect(typesIn(queriesModule('gifts', [query], null))).toEqual({ ...plain, userId: 'string | null' });
  expect(typesIn(queriesModule('gifts', [query], 'text'))).toEqual({ ...plain, userId: "Account['id'] | null" });
  expect(typesIn(queriesModule('gifts', [query], 'integer'))).toMatchObject({
    most: "Account['id'] | null",
    userId: 'string | null',
  });
});

test('neither text nor purpose of a query ends what it stands in', () => {
  const text = queriesModule('gifts', [query], 'text');
  expect(text).toContain(`note <> ${PLACE.replace(/[$`]/g, '\\$&')} and`);
  expect(text).toContain('/** What an account gave. * / process.exit() */');
  expect(text).toContain("import type { Account } from '../lib/auth.ts';");
});
