import { afterAll, beforeAll, expect, test } from 'vitest';
import { attackAsStranger, attackSigned, SIGNED } from '../../support/contract-attack.ts';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';

let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('tickets.yaml');
});
afterAll(() => backend?.stop());

test('a backend withstands what is tried by somebody who is signed in', async () => {
  const result = await attackSigned('tickets.yaml', backend);
  expect(result.weaknesses).toEqual([]);
  expect(result.untried).toEqual([]);
  for (const name of SIGNED) expect(result.attacks.find((tried) => tried.name === name)?.attempts).toBeGreaterThan(5);
});

test('where nobody may sign up, the operations behind it are told as not tried', async () => {
  const { untried } = await attackAsStranger('tickets.yaml', { url: backend.url, profile: 'quick', only: SIGNED });
  expect(untried).toContainEqual({
    name: 'GET /tickets/{id}, signed in',
    reason: 'those who sign up and the rows that are made would stay',
  });
});
