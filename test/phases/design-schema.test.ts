import { expect, test } from 'vitest';
import { explainedBy } from '../../src/domain/explanation.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { designSchema } from '../../src/phases/design-schema.ts';

function modelThatDesigns(schema: Schema) {
  return {
    name: 'somebody',
    detect: () => Promise.reject(new Error('not asked')),
    design: async () => explainedBy(schema, { kind: 'rule', rule: 'because' }),
  };
}

const llamas = parseSchema({
  version: 1,
  tables: [
    { name: 'llamas', columns: [{ name: 'id', type: 'varchar', primaryKey: true, default: { generate: 'id' } }] },
  ],
});

test('the schema of the model is handed on and its tables are named', async () => {
  const events: ProgressEvent[] = [];
  const services = { model: modelThatDesigns(llamas), progress: (event: ProgressEvent) => void events.push(event) };
  expect((await designSchema({ text: 'llamas' }, services)).schema).toEqual(llamas);
  expect(events).toMatchObject([{ kind: 'detail', message: expect.stringContaining('llamas') }]);
});

test('a schema that breaks the rules goes no further', async () => {
  const services = { model: modelThatDesigns({ ...llamas, tables: [] }), progress: () => {} };
  await expect(designSchema({ text: 'llamas' }, services)).rejects.toMatchObject({ code: 'schema.invalid' });
});
