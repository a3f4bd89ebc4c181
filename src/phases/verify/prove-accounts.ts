import { AUTH_PATHS, changeableFields, outputColumns, PASSWORD_FIELD, resourcePath } from '../../domain/rest.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Evidence } from './evidence.ts';
import type { People, Person } from './people.ts';
import { sameJson } from './same-json.ts';
import type { Row, Talk } from './talk.ts';

interface Stage {
  readonly schema: Schema;
  readonly people: People;
  readonly evidence: Evidence;
  /** As nobody. */
  readonly talk: Talk;
}

/** Registering, signing in and out, tokens, passwords; and that people see their own account only. */
export async function proveAccounts({ schema, people, evidence, talk }: Stage): Promise<boolean> {
  const { name } = people.table;
  const isUp = await evidence.check(`${name}: registers`, async () => proveRegistering(await people.get(0), people));
  if (!isUp) return false;
  const stage = { schema, people, evidence, talk };
  await evidence.check(`${name}: signs in, and nobody else`, () => proveSigningIn(stage));
  await evidence.check(`${name}: is who is signed in`, () => proveMe(stage));
  await evidence.check(`${name}: refuses bad registrations`, () => proveBadRegistrations(stage));
  await evidence.check(`${name}: renews its tokens, each once`, () => proveRefresh(stage));
  await evidence.check(`${name}: changes its password and signs out`, () => proveLeaving(stage));
  await evidence.check(`${name}: sees and changes itself only`, () => proveOwnAccount(stage));
  return true;
}

function proveRegistering({ created, row, path }: Person, { table }: People): void {
  const missing = outputColumns(table).filter((column) => row[column.name] === undefined);
  created.expect(missing.length === 0, `lacks ${missing.map((column) => column.name).join(', ')}`);
  const shown = table.columns.filter((column) => column.sensitive && Object.hasOwn(row, column.name));
  created.expect(shown.length === 0, `shows ${shown.map((column) => column.name).join(', ')}`);
  created.expect(
    created.headers.location === path,
    `Location is ${created.headers.location ?? 'missing'}, not ${path}`,
  );
}

/** What somebody signs in with. */
function credentials({ accounts }: People, { input }: Person): Row {
  return { [accounts.login]: input[accounts.login], [PASSWORD_FIELD]: input[PASSWORD_FIELD] };
}

async function signIn(person: Person, { people, talk }: Stage, password = person.input[PASSWORD_FIELD]) {
  const json = { ...credentials(people, person), [PASSWORD_FIELD]: password };
  return talk('POST', AUTH_PATHS.login, { json });
}

async function proveSigningIn(stage: Stage): Promise<void> {
  const { people, talk } = stage;
  const person = await people.get(0);
  const again = people.adopt(person.input, await signIn(person, stage), 200);
  again.created.expect(sameJson(again.row, person.row), 'is not the account that registered');
  const wrong = await signIn(person, stage, 'not-the-password-at-all');
  wrong.expectProblem(401);
  const json = { ...credentials(people, person), ...credentials(people, { ...person, input: people.body() }) };
  const unknown = await talk('POST', AUTH_PATHS.login, { json });
  unknown.expectProblem(401);
  unknown.expect(unknown.row()?.detail === wrong.row()?.detail, 'tells an unknown login from a wrong password');
}

async function proveMe({ people, talk }: Stage): Promise<void> {
  const person = await people.get(0);
  const me = await person.talk('GET', AUTH_PATHS.me);
  me.expect(sameJson(me.expectRow(200), person.row), 'is not the account that is signed in');
  for (const headers of [{}, { authorization: 'Bearer nobody.at.all' }]) {
    const nobody = await talk('GET', AUTH_PATHS.me, { headers });
    nobody.expectProblem(401);
    nobody.expect(/^Bearer/i.test(nobody.headers['www-authenticate'] ?? ''), 'does not say how to sign in');
  }
}

async function proveBadRegistrations({ people, talk }: Stage): Promise<void> {
  const person = await people.get(0);
  const register = (json: Row) => talk('POST', AUTH_PATHS.register, { json });
  (await register(person.input)).expectProblem(409);
  (await register({ ...people.body(), no_such_field: 1 })).expectProblem(400);
  const { [PASSWORD_FIELD]: _password, ...rest } = people.body();
  (await register(rest)).expectProblem(400);
  const { role } = people.accounts;
  if (role !== null) (await register({ ...people.body(), [role]: people.accounts.admins[0] })).expectProblem(400);
  (await person.talk('POST', resourcePath(people.table), { json: people.body() })).expectProblem(405);
}

async function proveRefresh(stage: Stage): Promise<void> {
  const { people, talk } = stage;
  const person = await people.get(0);
  const first = people.adopt(person.input, await signIn(person, stage), 200);
  const refresh = (refreshToken: string) => talk('POST', AUTH_PATHS.refresh, { json: { refreshToken } });
  const second = people.adopt(person.input, await refresh(first.refreshToken), 200);
  (await second.talk('GET', AUTH_PATHS.me)).expectStatus(200);
  (await refresh(first.refreshToken)).expectProblem(401);
  (await second.talk('GET', AUTH_PATHS.me)).expectProblem(401);
}

async function proveLeaving(stage: Stage): Promise<void> {
  const { people } = stage;
  const person = await people.get(0);
  const here = people.adopt(person.input, await signIn(person, stage), 200);
  const there = people.adopt(person.input, await signIn(person, stage), 200);
  const old = String(person.input[PASSWORD_FIELD]);
  const change = (currentPassword: string, newPassword: string) =>
    here.talk('POST', AUTH_PATHS.password, { json: { currentPassword, newPassword } });
  const wrong = await change('not-the-password-at-all', `${old}-new`);
  wrong.expectProblem(400);
  (await change(old, `${old}-new`)).expectStatus(204);
  (await there.talk('GET', AUTH_PATHS.me)).expectProblem(401);
  (await signIn(person, stage)).expectProblem(401);
  (await here.talk('POST', AUTH_PATHS.logout)).expectStatus(204);
  (await here.talk('GET', AUTH_PATHS.me)).expectProblem(401);
  // All its other sessions have ended.
  await people.renew(0, await signIn(person, stage, `${old}-new`), `${old}-new`);
}

async function proveOwnAccount({ people, schema }: Stage): Promise<void> {
  const [person, other] = await Promise.all([people.get(0), people.stranger()]);
  const list = await person.talk('GET', resourcePath(people.table));
  const { data } = list.expectRow(200);
  list.expect(Array.isArray(data) && data.length === 1 && sameJson(data[0], person.row), 'is not the one account');
  const own = await person.talk('GET', person.path);
  own.expect(sameJson(own.expectRow(200), person.row), 'is not the account that registered');
  for (const method of ['GET', 'DELETE']) (await person.talk(method, other.path)).expectProblem(404);
  if (changeableFields(people.table, schema).length === 0) return;
  (await person.talk('PATCH', other.path, { json: {} })).expectProblem(404);
}

/** Everybody goes, and is gone. */
export async function proveDepartures({ people, evidence }: Pick<Stage, 'people' | 'evidence'>): Promise<void> {
  for (const { talk, path } of (await people.everybody()).toReversed()) {
    await evidence.check(`${people.table.name}: deletes itself`, async () => {
      (await talk('DELETE', path)).expectStatus(204);
      (await talk('GET', AUTH_PATHS.me)).expectProblem(401);
    });
  }
}
