import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../../src/adapters/http/node/node-http.ts';
import { nodeWire } from '../../../src/adapters/wire/node/node-wire.ts';
import { attack } from '../../../src/phases/attack.ts';
import { attackTarget } from '../../../src/pipeline/attack-target.ts';
import { attackSigned, SIGNED } from '../../support/contract-attack.ts';
import {
  type ContractBackend,
  contractProject,
  readDocument,
  startContractBackend,
} from '../../support/contract-backend.ts';

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
  const target = attackTarget(contractProject(await readDocument('tickets.yaml')));
  const needs = { http: nodeHttp(), wire: nodeWire(), clock: systemClock(), progress: () => {} };
  const { untried } = await attack({ ...target, url: backend.url, profile: 'quick', only: SIGNED }, needs);
  expect(untried).toContainEqual({
    name: 'GET /tickets/{id}, signed in',
    reason: 'those who sign up and the rows that are made would stay',
  });
});
