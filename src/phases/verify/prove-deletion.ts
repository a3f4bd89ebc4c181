import type { Table } from '../../domain/schema.ts';
import type { SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';

/** Deletes the sample of a table, whose children are gone by now, and looks whether it is gone. */
export async function proveDeletion(table: Table, sample: SampleRow, scene: Omit<Scene, 'schema'>): Promise<void> {
  const { evidence, rows, talk } = scene;
  const isDone = await evidence.check(`${table.name}: deletes it`, async () => {
    (await talk('DELETE', sample.path)).expectStatus(204);
  });
  if (!isDone) return;
  await evidence.check(`${table.name}: does not find it any more`, async () => {
    (await talk('GET', sample.path)).expectProblem(404);
    rows.forget(sample.path);
    (await talk('DELETE', sample.path)).expectProblem(404);
  });
}
