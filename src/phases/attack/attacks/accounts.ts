import { accessOf, isAccountsTable, profileColumns } from '../../../domain/access.ts';
import { embeddings } from '../../../domain/embedding.ts';
import { AUTH_PATHS, resourcePath } from '../../../domain/rest.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';
import { includedRows } from './others-rows.ts';

const KEY = 'an-idempotency-key-0001';

/** Accounts seen from other tables, made past registering, and idempotency keys of others. */
export async function attackAccounts(scene: Scene): Promise<void> {
  if (!scene.people) return;
  await Promise.all([profiles(scene), listAccounts(scene), shareKeys(scene)]);
}

/** Whoever made a row is shown by name, never by how to reach them. */
async function profiles({ people, stock, schema, fire, report }: Scene): Promise<void> {
  if (!people) return;
  const { victim, attacker } = people.cast;
  const shown = new Set(profileColumns(schema).map(({ name }) => name));
  await each(stock.tables, async (table) => {
    if (isAccountsTable(table, schema) || accessOf(table, schema).read === 'owner') return;
    const specimen = await stock.row(table, victim);
    for (const { name } of embeddings(table, schema).filter((own) => own.table === people.table.name)) {
      const where = `GET ${resourcePath(table)} ?include=${name}`;
      const paths = [
        `${resourcePath(table)}?limit=100&include=${name}`,
        ...(specimen ? [`${specimen.path}?include=${name}`] : []),
      ];
      for (const path of paths) {
        const reply = await fire({ method: 'GET', path, as: attacker, where });
        const rows = reply.rows().length > 0 ? reply.rows() : [reply.row() ?? {}];
        const others = rows
          .flatMap((row) => includedRows(row[name]))
          .filter((row) => row[people.key.name] !== attacker.key);
        const more = others.flatMap((row) => Object.keys(row)).find((column) => !shown.has(column));
        if (more !== undefined) report('profile-open', where, `The account has the field ${more}.`, reply);
      }
    }
  });
}

async function listAccounts({ people, fire, report, stock }: Scene): Promise<void> {
  if (!people) return;
  const path = resourcePath(people.table);
  const reply = await fire({ method: 'POST', path, as: people.cast.attacker, json: people.body() });
  stock.adopt(people.table, reply, people.cast.attacker);
  if (reply.isGood) report('mass-assignment', `POST ${path}`, 'An account is made past registering.', reply);
  const odd = [{ $ne: null }, ["' or '1'='1"], { like: '%' }, true, null];
  const login = people.accounts.login;
  await each(odd, async (value) => {
    const answer = await fire({ method: 'POST', path: AUTH_PATHS.refresh, json: { refreshToken: value } });
    if (answer.isGood)
      report('operator-injection', `POST ${AUTH_PATHS.refresh}`, 'An object is taken for a token.', answer);
    const json = { [login]: value, password: 'Kite-password-1' };
    const other = await fire({ method: 'POST', path: AUTH_PATHS.login, json });
    if (other.isGood)
      report('operator-injection', `POST ${AUTH_PATHS.login}`, 'An object is taken for a login.', other);
  });
}

/** The same key and body by two people are two requests. */
async function shareKeys({ people, stock, schema, fire, report, chance, isFull }: Scene): Promise<void> {
  if (!people) return;
  const { victim, attacker } = people.cast;
  const tables = stock.tables.filter((table) => {
    const { write, owner } = accessOf(table, schema);
    return !isAccountsTable(table, schema) && write === 'owner' && owner?.kind === 'column';
  });
  for (const table of isFull ? tables : tables.slice(0, 2)) {
    const body = await stock.freshBody(table, victim);
    if (!body) continue;
    const path = resourcePath(table);
    const headers = { 'idempotency-key': `${KEY}-${chance.word(8)}` };
    const first = await fire({ method: 'POST', path, as: victim, json: body, headers });
    stock.adopt(table, first, victim);
    const second = await fire({ method: 'POST', path, as: attacker, json: body, headers });
    stock.adopt(table, second, attacker);
    if (!first.isGood || !second.isGood || second.body !== first.body) continue;
    report('idempotency-shared', `POST ${path}`, `${attacker.name} is answered with the row of the victim.`, second);
  }
}
