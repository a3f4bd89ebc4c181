import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attackAsStranger } from '../../support/contract-attack.ts';
import { type ContractBackend, readDocument, startContractBackend } from '../../support/contract-backend.ts';

let backend: ContractBackend;

beforeAll(async () => {
  backend = await startContractBackend('conduit.yaml');
});
afterAll(() => backend?.stop());

test('a backend made from a document withstands what is tried on its operations', async () => {
  const { attacks, weaknesses } = await attackAsStranger('conduit.yaml', { url: backend.url, profile: 'full' });
  expect(weaknesses).toEqual([]);
  const tried = Object.fromEntries(attacks.map(({ name, attempts }) => [name, attempts]));
  expect(tried).toMatchObject({ operations: expect.any(Number), protocol: expect.any(Number) });
  expect(tried.operations).toBeGreaterThan(300);
});

test('a server that accepts everything is found out', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('x-content-type-options', 'nosniff').setHeader('x-frame-options', 'DENY').end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const { weaknesses } = await attackAsStranger('conduit.yaml', { url, profile: 'full', only: ['operations'] });
  server.closeAllConnections();
  server.close();
  const found = new Set(weaknesses.map(({ cwe }) => cwe));
  // Without a token, with a forged or an old one, by another method, with a body that is none or too large.
  for (const cwe of [306, 347, 650, 436, 770]) expect(found).toContain(cwe);
});

test('its page shows the document it was made from', async () => {
  const page = await fetch(`${backend.url}/openapi`);
  const text = await page.text();
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  for (const path of ['/articles/{slug}', '/users/login', '/profiles/{username}/follow']) expect(text).toContain(path);
  expect(text).not.toContain('/auth/register');
  const document = await (await fetch(`${backend.url}/openapi.json`)).json();
  expect(document).toEqual(await readDocument('conduit.yaml'));
});
