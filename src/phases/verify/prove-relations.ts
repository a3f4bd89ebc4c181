import { type Embedding, embeddings, isNested } from '../../domain/embedding.ts';
import { nestedPath } from '../../domain/rest.ts';
import type { Table } from '../../domain/schema.ts';
import { sameJson } from './same-json.ts';
import type { SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';
import type { Answer, Row } from './talk.ts';

/** More would only take longer. */
const MAX_RELATIONS = 10;

/** Rows are shown with what belongs to them, and with nothing that does not. */
export async function proveRelations(
  table: Table,
  sample: SampleRow,
  { schema, evidence, talk }: Scene,
): Promise<void> {
  const relations = embeddings(table, schema).slice(0, MAX_RELATIONS);
  if (relations.length === 0) return;
  await evidence.check(`${table.name}: shows what belongs to it`, async () => {
    const names = relations.map(({ name }) => name).join(',');
    const answer = await talk('GET', `${sample.path}?include=${names}`);
    const row = answer.expectRow(200);
    for (const relation of relations) expectRelated(answer, row, relation, row[relation.name]);
  });
  const nested = relations.filter((relation) => isNested(relation, table));
  if (nested.length === 0) return;
  await evidence.check(`${table.name}: lists its children`, async () => {
    for (const relation of nested) {
      const answer = await talk('GET', `${sample.path}/${nestedPath(relation)}?limit=5`);
      expectRelated(answer, sample.row, relation, answer.expectRow(200));
    }
  });
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expectRelated(answer: Answer, row: Row, relation: Embedding, shown: unknown): void {
  const { name, kind, columns, otherColumns } = relation;
  const belongs = (other: unknown) =>
    isRow(other) && columns.every((column, index) => sameJson(row[column], other[otherColumns[index] ?? '']));
  if (kind === 'children') {
    const data = isRow(shown) ? shown.data : null;
    answer.expect(Array.isArray(data) && data.every(belongs), `${name} is not the list of its children`);
    return;
  }
  const isEmpty = columns.some((column) => (row[column] ?? null) === null);
  answer.expect(isEmpty ? shown === null : belongs(shown), `${name} is not the row it refers to`);
}
