import { expect, test } from 'vitest';
import { parseSchema } from '../../../src/domain/schema-rules.ts';
import { resourcesOf } from '../../../src/phases/scaffold/resource.ts';
import { samplesModule } from '../../../src/phases/scaffold/tests/samples-module.ts';
import { SAMPLE_SCHEMAS } from '../../support/sample-schemas.ts';

function samplesOf(input: unknown): string {
  const schema = parseSchema(input);
  return samplesModule(schema, resourcesOf(schema));
}

test('where a key is made of a reference of several columns and one of a single one, the single one is new each time', () => {
  const text = samplesOf(SAMPLE_SCHEMAS['composite keys']);
  expect(text).toContain("person_id: (await client.make('people')).id");
  expect(text).toContain("tenant: (await client.parent('accounts')).tenant");
});

test('where a key is nothing but a reference of several columns, both parts come from one new row', () => {
  const text = samplesOf({
    version: 1,
    tables: [
      {
        name: 'seats',
        columns: [
          { name: 'hall', type: 'integer', primaryKey: true },
          { name: 'number', type: 'integer', primaryKey: true },
        ],
      },
      {
        name: 'bookings',
        columns: [
          { name: 'hall', type: 'integer', primaryKey: true },
          { name: 'number', type: 'integer', primaryKey: true },
          { name: 'guest', type: 'text' },
        ],
        foreignKeys: [{ columns: ['hall', 'number'], references: { table: 'seats', columns: ['hall', 'number'] } }],
      },
    ],
  });
  expect(text).toContain(`    body: async (client) => {
      const parent = await client.make('seats');
      return { hall: parent.hall, number: parent.number, guest: '`);
});
