import { patchFields } from '../../domain/rest.ts';
import { sampleChange } from '../../domain/sample.ts';
import type { Table } from '../../domain/schema.ts';
import { sameJson } from './same-json.ts';
import { MAX_TRIES, type SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';

/** No row has it: the numbers of transactions begin at 3. */
const OLD_VERSION = { 'if-match': '"1"' };

/** A row is answered with its version, replaced whole, and not changed in a version that is gone. */
export async function proveVersions(table: Table, sample: SampleRow, scene: Scene): Promise<void> {
  const { evidence, talk } = scene;
  const { path } = sample;
  await evidence.check(`${table.name}: knows its version`, async () => {
    const answer = await talk('GET', path);
    const { etag = '' } = answer.headers;
    answer.expect(/^"[^"]+"$/.test(etag), `its ETag is ${etag || 'missing'}`);
    (await talk('GET', path, { headers: { 'if-none-match': etag } })).expectStatus(304);
    (await talk('DELETE', path, { headers: OLD_VERSION })).expectProblem(412);
  });
  if (patchFields(table).length === 0) return;
  await evidence.check(`${table.name}: replaces it`, () => proveReplacing(table, sample, scene));
}

async function proveReplacing(table: Table, sample: SampleRow, { schema, rows, talk }: Scene): Promise<void> {
  const { path, input } = sample;
  const fields = patchFields(table);
  const same = Object.fromEntries(
    fields.flatMap(({ name }) => (Object.hasOwn(input, name) ? [[name, input[name]]] : [])),
  );
  // Hashing a password takes longer than all the rest.
  if (!fields.some(({ hashed }) => hashed)) {
    (await talk('PUT', path, { json: same, headers: OLD_VERSION })).expectProblem(412);
  }
  if (fields.some(({ required }) => required)) (await talk('PUT', path, { json: {} })).expectProblem(400);
  const before = (await talk('GET', path)).expectRow(200);
  for (let attempt = 1; ; attempt += 1) {
    const json = { ...same, ...sampleChange(table, schema, rows.nextSeed()) };
    const answer = await talk('PUT', path, { json });
    if (answer.status === 409 && attempt < MAX_TRIES) continue;
    const row = answer.expectRow(200);
    for (const [field, wanted] of Object.entries(json)) {
      // A value may come back in another spelling: as it did on creation, or at least not as it was before.
      const isAsMade = sameJson(wanted, input[field]) && sameJson(row[field], sample.row[field]);
      const isRight = sameJson(row[field], wanted) || isAsMade || !sameJson(row[field], before[field]);
      answer.expect(!Object.hasOwn(row, field) || isRight, `${field} was not replaced`);
    }
    const again = await talk('GET', path);
    again.expect(sameJson(again.expectRow(200), row), 'is not what the replacement answered');
    return;
  }
}
