import type { Table } from '../../domain/schema.ts';
import type { Scene } from './prove-table.ts';

/** Deletes the sample of a table, whose children are gone by now, and looks whether it is gone. */
export async function proveDeletion(table: Table, { evidence, rows, talk }: Omit<Scene, 'schema'>): Promise<void> {
  const sample = rows.find(table);
  if (!sample) return;
  const isGone = await evidence.check(`${table.name}: deletes it`, async () => {
    (await talk('DELETE', sample.path)).expectStatus(204);
    rows.forget(sample.path);
  });
  if (!isGone) return;
  await evidence.check(`${table.name}: does not find it any more`, async () => {
    (await talk('GET', sample.path)).expectProblem(404);
    (await talk('DELETE', sample.path)).expectProblem(404);
  });
}
