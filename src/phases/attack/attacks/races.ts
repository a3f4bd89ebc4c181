import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import { resourcePath } from '../../../domain/rest.ts';
import { sampleChange } from '../../../domain/sample.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** Requests at the same moment. */
const RIVALS = 4;
/** Tables of a quick run. */
const QUICK_TABLES = 1;

/** What must happen once, asked for by several at once: changes of one version, and requests with one key. */
export async function race(scene: Scene): Promise<void> {
  const { stock, people, schema, isFull, chance } = scene;
  const tables = stock.tables.filter((table) => {
    const isForAdmins = accessOf(table, schema).write === 'admins' && !people?.cast.admin;
    return !isForAdmins && !(people && isAccountsTable(table, schema));
  });
  await each(isFull ? tables : chance.sample(tables, QUICK_TABLES), async (table) => {
    await Promise.all([changeVersion(table, scene), sendTwice(table, scene)]);
  });
}

/** All of them read the row before any of them changed it. */
async function changeVersion(table: Table, { stock, people, schema, fire, report }: Scene): Promise<void> {
  const attacker = people?.cast.attacker ?? null;
  const specimen = await stock.fresh(table, attacker);
  const json = sampleChange(table, schema, stock.nextSeed());
  if (!specimen?.tag || !json) return;
  const where = `PATCH ${resourcePath(table)}/{key}, if-match`;
  const headers = { 'if-match': specimen.tag };
  const as = stock.maker(table, attacker);
  const replies = await Promise.all(
    Array.from({ length: RIVALS }, () => fire({ method: 'PATCH', path: specimen.path, as, json, headers, where })),
  );
  const done = replies.filter(({ isGood }) => isGood);
  if (done.length > 1) report('lost-update', where, `${done.length} changes of one version were made.`, done[1]);
}

/** One key: one row, whoever waits longer; and another body is another request. */
async function sendTwice(table: Table, { stock, people, chance, fire, report }: Scene): Promise<void> {
  const attacker = people?.cast.attacker ?? null;
  const as = stock.maker(table, attacker);
  const [json, other] = [await stock.freshBody(table, attacker), await stock.freshBody(table, attacker)];
  if (!json || !other) return;
  const path = resourcePath(table);
  const where = `POST ${path}, idempotency-key`;
  const headers = { 'idempotency-key': `an-idempotency-key-${chance.word(8)}` };
  const send = async (body: object) => {
    const reply = await fire({ method: 'POST', path, as, json: body, headers, where });
    stock.adopt(table, reply, as);
    return reply;
  };
  const replies = await Promise.all(Array.from({ length: RIVALS - 1 }, () => send(json)));
  const answers = new Set(replies.filter(({ isGood }) => isGood).map(({ body }) => body));
  if (answers.size > 1) report('repeated', where, `One request made ${answers.size} rows.`, replies[1]);
  if (answers.size === 0) return;
  // A table without fields has no other body.
  if (JSON.stringify(other) === JSON.stringify(json)) return;
  const second = await send(other);
  if (second.isGood) report('repeated', `${where} (another body)`, 'One key is good for two requests.', second);
}
