import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';

/** Rows that belong to who made them, tied to those of everybody; accounts stand beside their token. */
let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('tickets.yaml');
});
afterAll(() => backend?.stop());

async function signUp(name: string) {
  const sent = { name, email: `${name}@example.com`, password: 'correct horse' };
  const { status, body, problems } = await backend.ask('POST', '/auth/register', sent);
  expect([status, body.user.name, problems]).toEqual([201, name, []]);
  return { authorization: `Bearer ${body.token}` };
}

test('others neither see, narrow down, nor tie anything to what belongs to somebody', async () => {
  const [ada, bob] = [await signUp('ada'), await signUp('bob')];
  const ticket = (await backend.ask('POST', '/tickets', { title: 'Secret leak' }, ada)).body;
  const label = (await backend.ask('POST', '/labels', { name: 'urgent' }, ada)).body;
  const path = `/tickets/${ticket.id}/labels/${label.id}`;
  expect((await backend.ask('PUT', path, undefined, bob)).status).toBe(404);
  expect((await backend.ask('PUT', path, undefined, ada)).status).toBe(204);
  expect((await backend.ask('DELETE', path, undefined, bob)).status).toBe(404);
  const own = await backend.ask('GET', '/tickets?search=LEAK&status=open&sort=newest', undefined, ada);
  expect([own.problems, own.body]).toMatchObject([
    [],
    { tickets: [{ id: ticket.id, labels: [{ name: 'urgent' }] }], pagination: { page: 1, total: 1 } },
  ]);
  const others = await backend.ask('GET', '/tickets?search=LEAK', undefined, bob);
  expect(others.body).toEqual({ tickets: [], pagination: { page: 1, total: 0 } });
});

test('its own tests pass', async () => {
  const { code, output } = await backend.test();
  expect([code, output.match(/^not ok .*|error: .*|^# fail .*/gm)]).toEqual([0, ['# fail 0']]);
});
