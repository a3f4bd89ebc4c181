import { accessOf, guardedReferences, isAccountsTable } from '../../../domain/access.ts';
import { patchFields, resourcePath } from '../../../domain/rest.ts';
import { sampleChange } from '../../../domain/sample.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Person } from '../person.ts';
import type { Reply, Shot } from '../reply.ts';
import type { Scene } from '../scene.ts';
import type { Specimen } from '../stock.ts';
import { compareWithNothing, isSharedWith, unknownPath } from './others-rows.ts';

const SEED = 5_432_109;

/** Rows that only their owner or an admin may change, changed by somebody else. */
export async function writeOthers(scene: Scene): Promise<void> {
  const { people, stock, schema } = scene;
  if (!people) return;
  const { victim, attacker } = people.cast;
  await each(stock.tables, async (table) => {
    const { write } = accessOf(table, schema);
    if (write === 'owner') await changeAll(table, victim, attacker, scene);
    if (write === 'owner') await tieAll(table, victim, attacker, scene);
    if (write === 'admins') await actAsAdmin(table, attacker, scene);
  });
}

async function changeAll(table: Table, victim: Person, as: Person, scene: Scene): Promise<void> {
  const { stock, schema, fire, report, isFull } = scene;
  const isAccount = isAccountsTable(table, schema);
  const specimen = isAccount
    ? await stock.row(table, victim)
    : ((await stock.fresh(table, victim)) ?? (await stock.row(table, victim)));
  if (!specimen) return;
  const path = resourcePath(table);
  const change = sampleChange(table, schema, SEED) ?? {};
  const isPrivate = accessOf(table, schema).read === 'owner' && !isSharedWith(specimen, as, schema);
  const nowhere = unknownPath(table, schema);
  const shots: Shot[] = [
    { method: 'PATCH', path: specimen.path, as, json: change },
    { method: 'PATCH', path: specimen.path, as, json: {} },
    { method: 'PATCH', path: specimen.path, as, json: change, headers: { 'if-match': '"1"' } },
    { method: 'PUT', path: specimen.path, as, json: specimen.input, headers: { 'if-match': specimen.tag ?? '*' } },
    { method: 'DELETE', path: specimen.path, as, headers: { 'if-match': '"1"' } },
    { method: 'DELETE', path: specimen.path, as },
  ];
  if (patchFields(table).length === 0) shots.splice(0, 4);
  for (const shot of isAccount && !isFull ? shots.slice(0, 3) : shots) {
    const where = `${shot.method} ${path}/{key}`;
    const reply = await fire({ ...shot, where });
    if (reply.isGood) {
      const kind = shot.method === 'DELETE' ? 'others-deleted' : 'others-changed';
      report(kind, where, `${as.name} is answered ${reply.status} for a row of the victim.`, reply);
    } else if (isPrivate && reply.status !== 405) {
      const where412 = 'if-match' in (shot.headers ?? {}) ? `${where}, if-match` : where;
      await compareWithNothing(reply, nowhere, where412, scene);
    }
  }
  await compareAfter(specimen, victim, scene);
}

/** Whatever was answered: the row must be as it was. */
async function compareAfter({ table, path, row }: Specimen, victim: Person, { fire, report }: Scene): Promise<void> {
  const after = await fire({ method: 'GET', path, as: victim });
  const where = `${resourcePath(table)}/{key}`;
  if (after.status === 404) report('others-deleted', `DELETE ${where}`, 'The row of the victim is gone.', after);
  else if (after.isGood && JSON.stringify(after.row()) !== JSON.stringify(row)) {
    report('others-changed', `PATCH ${where}`, 'The row of the victim is not as it was.', after);
  }
}

/** Rows of one's own below or beside rows of the victim: made so, and moved there. */
async function tieAll(table: Table, victim: Person, as: Person, scene: Scene): Promise<void> {
  const { stock, schema, fire, report } = scene;
  const path = resourcePath(table);
  const { owner } = accessOf(table, schema);
  const links = guardedReferences(table, schema).map(({ column }) => ({
    name: column.name,
    parent: column.references?.table,
    key: column.references?.column,
  }));
  const parents =
    owner?.kind === 'parent' ? [{ name: owner.column, parent: owner.table, key: owner.parentColumn }] : [];
  const all = [...parents, ...links.filter(({ name }) => name !== parents[0]?.name)];
  for (const { name, parent: parentName, key = '' } of all) {
    const parent = schema.tables.find((candidate) => candidate.name === parentName);
    const foreign = parent && !isAccountsTable(parent, schema) ? await stock.fresh(parent, victim) : null;
    const value = (foreign ?? (parent ? await stock.row(parent, victim) : null))?.row[key];
    if (value === undefined || value === null) continue;
    const look = (reply: Reply) => {
      stock.adopt(table, reply, as);
      const where = `${reply.shot.method} ${path} ${name}`;
      if (reply.isGood) report('others-tied', where, `${name} leads to a row of the victim.`, reply);
      else if (reply.status === 403)
        report('others-oracle', where, 'The answer 403 tells that the row is there.', reply);
    };
    const body = await stock.freshBody(table, as);
    if (body) look(await fire({ method: 'POST', path, as, json: { ...body, [name]: value } }));
    if (body) look(await fire({ method: 'POST', path, as, json: [{ ...body, [name]: value }] }));
    const own = await stock.fresh(table, as);
    const isChangeable = patchFields(table).some((field) => field.name === name);
    if (!own || !isChangeable) continue;
    look(await fire({ method: 'PATCH', path: own.path, as, json: { [name]: value } }));
    look(await fire({ method: 'PUT', path: own.path, as, json: { ...own.input, [name]: value } }));
  }
}

/** What only admins may write, by somebody who is none. */
async function actAsAdmin(table: Table, as: Person, { stock, schema, people, fire, report }: Scene): Promise<void> {
  const { admin } = people?.cast ?? {};
  const path = resourcePath(table);
  const specimen = admin ? await stock.fresh(table, admin) : null;
  const body = await stock.freshBody(table, admin ?? as);
  const change = sampleChange(table, schema, SEED);
  const shots: Shot[] = [
    ...(body
      ? [
          { method: 'POST', path, as, json: body },
          { method: 'POST', path, as, json: [body] },
        ]
      : []),
    ...(specimen && change ? [{ method: 'PATCH', path: specimen.path, as, json: change }] : []),
    ...(specimen && change ? [{ method: 'PUT', path: specimen.path, as, json: specimen.input }] : []),
    ...(specimen ? [{ method: 'DELETE', path: specimen.path, as }] : []),
  ];
  for (const shot of shots) {
    const reply = await fire(shot);
    stock.adopt(table, reply, admin ?? as);
    const where = `${shot.method} ${path}${shot.path === path ? '' : '/{key}'}`;
    if (reply.isGood) report('admin-missing', where, `Who is no admin is answered ${reply.status}.`, reply);
  }
}
