import { accessOf } from '../../domain/access.ts';
import { changeableFields, resourcePath } from '../../domain/rest.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { Evidence } from './evidence.ts';
import type { People } from './people.ts';
import type { SampleRow } from './sample-rows.ts';
import type { Talk } from './talk.ts';

/** Whoever a row does not belong to can do with it what its access says, and nothing else. */
export async function proveWalls(
  table: Table,
  sample: SampleRow,
  people: People,
  stage: { readonly schema: Schema; readonly evidence: Evidence; readonly talk: Talk },
): Promise<void> {
  const { schema, evidence, talk } = stage;
  const { read, write } = accessOf(table, schema);
  const changes = changeableFields(table, schema).length > 0 ? ['PATCH', 'DELETE'] : ['DELETE'];
  const message = (method: string) => (method === 'PATCH' ? { json: {} } : {});
  await evidence.check(`${table.name}: keeps out who is not signed in`, async () => {
    const seen = await talk('GET', sample.path);
    if (read === 'everyone') seen.expectStatus(200);
    else seen.expectProblem(401);
    if (write === 'everyone') return;
    (await talk('POST', resourcePath(table), { json: sample.input })).expectProblem(401);
    for (const method of changes) (await talk(method, sample.path, message(method))).expectProblem(401);
  });
  await evidence.check(`${table.name}: keeps out whose it is not`, async () => {
    const { talk: strange } = await people.stranger();
    const seen = await strange('GET', sample.path);
    if (read === 'owner') seen.expectProblem(404);
    else seen.expectStatus(200);
    if (write !== 'owner' && write !== 'admins') return;
    // What nobody but administrators may do is refused before a row is looked for, so that it tells nothing of it.
    const refused = write === 'owner' && read === 'owner' ? 404 : 403;
    for (const method of changes) (await strange(method, sample.path, message(method))).expectProblem(refused);
    if (write === 'admins') (await strange('POST', resourcePath(table), { json: sample.input })).expectProblem(403);
  });
}

/** Rows that nobody here can make: others are refused all the same. */
export async function proveClosed(table: Table, people: People, evidence: Evidence, talk: Talk): Promise<void> {
  await evidence.check(`${table.name}: is for administrators`, async () => {
    const path = resourcePath(table);
    (await talk('POST', path, { json: {} })).expectProblem(401);
    const { talk: strange } = await people.stranger();
    const answer = await strange('POST', path, { json: {} });
    answer.expect(answer.status === 403 || answer.status === 400 || answer.status === 422, 'expected a refusal');
  });
}
