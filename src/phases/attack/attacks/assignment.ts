import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import { parseColumnType } from '../../../domain/column-type.ts';
import { AUTH_PATHS, adminFields, inputFields, resourcePath } from '../../../domain/rest.ts';
import { sampleValue } from '../../../domain/sample-values.ts';
import type { Column, Schema, Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Person } from '../person.ts';
import type { Reply } from '../reply.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../scene.ts';

/** Set by nobody but the server, under names that frameworks like to obey. */
const USUAL = { is_admin: true, isAdmin: true, admin: true, role: 'admin', owner: 'me', deleted_at: null } as const;
const PROTOTYPES = [
  '{"__proto__":{"is_admin":true,"polluted":"yes"}}',
  '{"constructor":{"prototype":{"polluted":"yes"}}}',
  '{"__proto__.polluted":"yes"}',
];
const SEED = 424_242;

/** Fields that are not for clients, in every body there is. */
export async function assignMass(scene: Scene): Promise<void> {
  await each(scene.stock.tables, async (table) => {
    if (scene.people && isAccountsTable(table, scene.schema)) return;
    await intoRows(table, scene);
  });
  if (scene.people) await intoAccounts(scene);
  await prototypes(scene);
}

/** What a client may not send, each with a value that is not what the server would put there. */
function forbidden(table: Table, { schema, people }: Scene): Row {
  const names = new Set(inputFields(table).flatMap(({ name, column }) => [name, column.name]));
  const hashes = inputFields(table).filter(({ hashed }) => hashed);
  const closed = table.columns.filter((column) => !names.has(column.name));
  const values = [...closed, ...hashes.map(({ column }) => column)].map((column) => [
    column.name,
    column.default && 'generate' in column.default && column.default.generate === 'owner'
      ? people?.cast.victim.key
      : foreignValue(column, schema),
  ]);
  const unknown = Object.entries(USUAL).filter(([name]) => !table.columns.some((column) => column.name === name));
  return Object.fromEntries([...values, ...unknown]);
}

async function intoRows(table: Table, scene: Scene): Promise<void> {
  const { stock, people, isFull, chance, fire, report } = scene;
  const attacker = people?.cast.attacker ?? null;
  const isAdminMade = accessOf(table, scene.schema).write === 'admins';
  if (isAdminMade && !people?.cast.admin) return;
  const as = stock.maker(table, attacker);
  const path = resourcePath(table);
  const specimen = await stock.fresh(table, attacker);
  const fields = Object.entries(forbidden(table, scene));
  for (const [name, value] of isFull ? fields : chance.sample(fields, 4)) {
    const body = await stock.freshBody(table, attacker);
    if (!body) return;
    const create = async (json: unknown, what: string) => {
      const reply = await fire({ method: 'POST', path, as, json });
      stock.adopt(table, reply, as);
      look(reply, `POST ${path} ${name}${what}`);
    };
    const look = (reply: Reply, where: string) => {
      const row = reply.rows()[0] ?? reply.row();
      if (!reply.isGood || !row || JSON.stringify(row[name]) !== JSON.stringify(value)) return;
      report('mass-assignment', where, `${name} was set to ${JSON.stringify(value)} by a client.`, reply);
    };
    await create({ ...body, [name]: value }, '');
    if (isFull) await create([{ ...body, [name]: value }], ' (many)');
    if (!specimen) continue;
    // Administrators may say what is protected, in a PATCH.
    if (isAdminMade && adminFields(table, scene.schema).some((field) => field.name === name)) continue;
    const where = `${path}/{key} ${name}`;
    look(await fire({ method: 'PATCH', path: specimen.path, as, json: { [name]: value } }), `PATCH ${where}`);
    const whole = { ...specimen.input, [name]: value };
    if (isFull) look(await fire({ method: 'PUT', path: specimen.path, as, json: whole }), `PUT ${where}`);
  }
}

/** Role, balance, key and hash of one's own account. */
async function intoAccounts(scene: Scene): Promise<void> {
  const { people, fire, report, chance, isFull } = scene;
  if (!people) return;
  const { attacker } = people.cast;
  const closed = Object.entries({ ...forbidden(people.table, scene), ...roleOf(scene) });
  const look = (row: unknown, reply: Reply, where: string) => {
    for (const [name, value] of closed) {
      const stored =
        typeof row === 'object' && row !== null && name in row
          ? Object.entries(row).find(([own]) => own === name)?.[1]
          : undefined;
      if (!reply.isGood || JSON.stringify(stored) !== JSON.stringify(value)) continue;
      report('mass-assignment', `${where} ${name}`, `${name} was set to ${JSON.stringify(value)} by its owner.`, reply);
    }
  };
  for (const [name, value] of isFull ? closed : chance.sample(closed, 4)) {
    const shot = { method: 'PATCH', path: people.pathOf(attacker), as: attacker, json: { [name]: value } };
    const reply = await fire(shot);
    look(reply.row(), reply, `PATCH ${resourcePath(people.table)}/{key}`);
  }
  await register(closed, look, scene);
}

async function register(
  closed: readonly (readonly [string, unknown])[],
  look: (row: unknown, reply: Reply, where: string) => void,
  { people, fire }: Scene,
): Promise<void> {
  if (!people) return;
  const { [people.key.name]: _, ...rest } = Object.fromEntries(closed);
  const password = people.newPassword();
  const json = { ...people.body(password), ...rest };
  const reply = await fire({ method: 'POST', path: AUTH_PATHS.register, json });
  const guest: Person | null = people.adopt('a guest', reply, password);
  if (guest) look(guest.row, reply, `POST ${AUTH_PATHS.register}`);
}

/** The role of an admin, in the words of the schema. */
function roleOf({ schema }: Scene): Row {
  const { role, admins = [] } = schema.accounts ?? {};
  return role && admins[0] !== undefined ? { [role]: admins[0] } : {};
}

function foreignValue(column: Column, schema: Schema): unknown {
  const kind = parseColumnType(column.type)?.kind;
  if (kind === 'integer' || kind === 'bigint') return SEED;
  if (column.sensitive) return `mass-${SEED}-hash`;
  return sampleValue({ ...column, unique: true, check: null }, schema, SEED);
}

/** Neither refused nor obeyed would be enough: nothing of it may be seen afterwards. */
async function prototypes({ stock, people, isFull, fire, report, schema }: Scene): Promise<void> {
  const attacker = people?.cast.attacker ?? null;
  const tables = stock.tables.filter((table) => !(people && isAccountsTable(table, schema)));
  for (const table of isFull ? tables : tables.slice(0, 1)) {
    const as = stock.maker(table, attacker);
    const path = resourcePath(table);
    for (const text of PROTOTYPES) {
      const reply = await fire({ method: 'POST', path, as, text });
      stock.adopt(table, reply, as);
      const list = await fire({ method: 'GET', path: `${path}?limit=1`, as });
      if (![reply, list].some(({ body, isGood }) => isGood && body.includes('"polluted"'))) continue;
      report('prototype', `POST ${path}`, 'A field of the prototype comes back in an answer.', reply);
    }
  }
}
