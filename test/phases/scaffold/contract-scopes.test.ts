import { afterAll, beforeAll, expect, test } from 'vitest';
import { missingOperations } from '../../../src/domain/contract.ts';
import { operationTasks } from '../../../src/domain/endpoint-task.ts';
import { attackSigned } from '../../support/contract-attack.ts';
import {
  type ContractBackend,
  contractProject,
  readDocument,
  startContractBackend,
} from '../../support/contract-backend.ts';

/** People sign up by this document, and some of its operations ask for more than that. */
let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('press.yaml');
});
afterAll(() => backend?.stop());

let count = 0;

async function signUp(): Promise<string> {
  count += 1;
  const body = { email: `reader${count}@example.com`, password: 'correct horse battery' };
  return (await backend.ask('POST', '/api/users', body)).body.token;
}

async function promote(email: string): Promise<void> {
  await backend.database.admin(`UPDATE app.users SET role = 'admin' WHERE email = $1`, [email]);
}

const as = (token: string) => ({ authorization: `Bearer ${token}` });

test('its own tests pass, with an administrator made for what asks for one', async () => {
  const { code, output } = await backend.test();
  expect([code, output.match(/^not ok .*|error: .*|^# fail .*/gm)]).toEqual([0, ['# fail 0']]);
  expect(output).toMatch(/^ok .* moderateStory refuses what it must/m);
});

test('what sounds like administration is refused to whoever merely signed up, as the document says', async () => {
  const token = await signUp();
  const refused = [
    await backend.ask('POST', '/api/sections', { name: 'Sports' }, as(token)),
    await backend.ask('PATCH', '/api/sections/1', { name: 'Sports' }, as(token)),
    await backend.ask('DELETE', '/api/stories/1', undefined, as(token)),
  ];
  expect(refused.map(({ status, problems }) => [status, problems])).toEqual(Array(3).fill([403, []]));
  expect((await backend.ask('GET', '/api/figures', undefined, as(token))).status).toBe(403);
  expect((await backend.ask('GET', '/api/users', undefined, as(token))).status).toBe(403);
  expect((await backend.ask('POST', '/api/sections', { name: 'Sports' })).status).toBe(401);
  expect((await backend.ask('GET', '/api/me', undefined, as(token))).status).toBe(200);
});

test('administrators may, from the moment on they are one, and others still not', async () => {
  const [author, other, admin] = [await signUp(), await signUp(), await signUp()];
  const story = (await backend.ask('POST', '/api/stories', { title: 'Flood' }, as(author))).body;
  const take = (token: string) => backend.ask('DELETE', `/api/stories/${story.id}`, undefined, as(token));
  expect([(await take(admin)).status, (await take(author)).status]).toEqual([403, 403]);
  await promote(`reader${count}@example.com`);
  const section = await backend.ask('POST', '/api/sections', { name: 'Weather' }, as(admin));
  expect([section.status, section.problems]).toEqual([201, []]);
  const renamed = await backend.ask('PATCH', `/api/sections/${section.body.id}`, { name: 'Rain' }, as(admin));
  expect(renamed.body).toEqual({ id: section.body.id, name: 'Rain' });
  expect((await backend.ask('PUT', `/api/stories/${story.id}`, { title: 'x' }, as(other))).status).toBe(403);
  expect((await take(admin)).status).toBe(204);
  expect((await backend.ask('GET', `/api/stories/${story.id}`)).status).toBe(404);
});

test('a role is not taken from whoever signs up', async () => {
  const body = { email: 'climber@example.com', password: 'correct horse battery', role: 'admin' };
  const { status } = await backend.ask('POST', '/api/users', body);
  expect([201, 422]).toContain(status);
  const rows = await backend.database.admin(
    "SELECT 1 FROM app.users WHERE email = 'climber@example.com' AND role = 'admin'",
  );
  expect(rows).toEqual([]);
});

test('rows that only administrators write are closed to others by the database, too', async () => {
  const tell = "SET LOCAL app.account = '1'; INSERT INTO app.sections (name) VALUES ('By SQL')";
  const asApp = `BEGIN; SET LOCAL ROLE ${backend.database.names.app}; ${tell}; COMMIT`;
  await expect(backend.database.admin(asApp)).rejects.toThrow(/row-level security/);
});

test('a scope that nobody understands is granted to nobody: told with its reason, and left to no model', async () => {
  const document = await readDocument('press.yaml');
  const { schema } = contractProject(document);
  const reason = expect.stringMatching(/^nobody has the scope embargo/);
  expect(missingOperations(document, schema)).toContainEqual({ operation: 'embargoStory', reason });
  const names = operationTasks(document, schema).map(({ plan }) => plan.name);
  expect(names).toEqual(['operations/listUsers', 'operations/readFigures']);
  const token = await signUp();
  expect((await backend.ask('POST', '/api/stories/1/embargo')).status).toBe(401);
  expect((await backend.ask('POST', '/api/stories/1/embargo', undefined, as(token))).status).toBe(501);
});

test('it withstands what is tried by somebody who is signed in, and by one without the scope', async () => {
  const result = await attackSigned('press.yaml', backend);
  expect(result.weaknesses).toEqual([]);
});
