import { insertionOrder } from '../domain/sample.ts';
import type { Schema, Table } from '../domain/schema.ts';
import type { Verification } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { Evidence } from './verify/evidence.ts';
import { proveDeletion } from './verify/prove-deletion.ts';
import { proveCreation, proveRules } from './verify/prove-table.ts';
import { type SampleRow, SampleRows } from './verify/sample-rows.ts';
import { openTalk, type Talk } from './verify/talk.ts';

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

async function proveData(schema: Schema, evidence: Evidence, rows: SampleRows, talk: Talk): Promise<void> {
  const samples: { table: Table; sample: SampleRow; rules: Promise<void> }[] = [];
  try {
    for (const table of insertionOrder(schema)) {
      const scene = { schema, rows, talk, evidence: evidence.branch() };
      const sample = await proveCreation(table, scene);
      if (sample) samples.push({ table, sample, rules: proveRules(table, sample, scene) });
    }
    await Promise.all(samples.map(({ rules }) => rules));
    for (const { table, sample } of samples.toReversed()) await proveDeletion(table, sample, { evidence, rows, talk });
  } finally {
    await Promise.allSettled(samples.map(({ rules }) => rules));
    const left = await rows.clear();
    await evidence.check('leaves no row behind', async () => {
      if (left.length > 0) throw new Error(`could not be deleted: ${left.join(', ')}`);
    });
  }
}
