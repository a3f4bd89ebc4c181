import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { formatColumnType, parseColumnType } from '../../src/domain/column-type.ts';

const cases: [string, { given: string; want: string | null }][] = [
  ['a plain type', { given: 'text', want: 'text' }],
  ['a length', { given: 'VARCHAR( 80 )', want: 'varchar(80)' }],
  ['an alias', { given: 'int8', want: 'bigint' }],
  ['precision and scale', { given: 'decimal(10,2)', want: 'numeric(10, 2)' }],
  ['a long name', { given: 'timestamp with time zone', want: 'timestamptz' }],
  ['an array', { given: 'text[]', want: 'text[]' }],
  ['an unknown type', { given: 'money', want: null }],
  ['an argument too many', { given: 'text(3)', want: null }],
  ['a length of nothing', { given: 'varchar(0)', want: null }],
  ['more scale than precision', { given: 'numeric(2,3)', want: null }],
  ['a name of the prototype', { given: 'constructor', want: null }],
  ['SQL after the type', { given: 'text); drop table x; --', want: null }],
];

test.each(cases)('reads %s', (_name, { given, want }) => {
  const type = parseColumnType(given);
  expect(type && formatColumnType(type)).toBe(want);
});

test('PostgreSQL knows every canonical spelling', async () => {
  const client = new pg.Client({ ...inject('cluster'), database: 'postgres' });
  await client.connect();
  try {
    for (const [, { want }] of cases) {
      if (want) await client.query(`select null::${want}`);
    }
  } finally {
    await client.end();
  }
});
