import { insertionOrder } from '../domain/sample.ts';
import type { Schema } from '../domain/schema.ts';
import type { Verification } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { Evidence } from './verify/evidence.ts';
import { proveDeletion } from './verify/prove-deletion.ts';
import { proveTable } from './verify/prove-table.ts';
import { SampleRows } from './verify/sample-rows.ts';
import { openTalk } from './verify/talk.ts';

/**
 * A quick functional proof of a running backend, by its REST contract and with the rows of `domain/sample`: every
 * table is created in, read, listed, changed, given bad input and deleted from. All rows it made are deleted again,
 * also when something fails. `schema` null (no database) asks for `/health` only. Never throws for a backend that is
 * wrong or silent: that is what the result says.
 */
export async function verify(
  order: { readonly url: string; readonly schema: Schema | null },
  { http, clock, progress }: Needs<'http' | 'clock' | 'progress'>,
): Promise<Verification> {
  const evidence = new Evidence(clock);
  const talk = openTalk(order.url, http);
  const isUp = await evidence.check('answers at /health', async () => {
    const answer = await talk('GET', '/health');
    answer.expectStatus(200);
    answer.expect(answer.row()?.status === 'ok', 'its "status" is not "ok"');
  });
  if (isUp && order.schema)
    await proveData(order.schema, evidence, new SampleRows(order.schema, talk, clock.now()), talk);
  const { passed, checks } = evidence.verdict();
  const good = checks.filter((check) => check.passed).length;
  progress({ kind: passed ? 'note' : 'warning', message: `${good} of ${checks.length} checks passed` });
  return { passed, checks };
}

async function proveData(schema: Schema, evidence: Evidence, rows: SampleRows, talk: ReturnType<typeof openTalk>) {
  const tables = insertionOrder(schema);
  try {
    for (const table of tables) await proveTable(table, { schema, evidence, rows, talk });
    for (const table of tables.toReversed()) await proveDeletion(table, { evidence, rows, talk });
  } finally {
    const left = await rows.clear();
    await evidence.check('leaves no row behind', async () => {
      if (left.length > 0) throw new Error(`could not be deleted: ${left.join(', ')}`);
    });
  }
}
