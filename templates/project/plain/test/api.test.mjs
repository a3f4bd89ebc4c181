import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { send, startServer } from './server.mjs';

let server;

before(async () => {
  server = await startServer();
});

after(() => server?.stop());

test('the server is healthy', async () => {
  const { status, body } = await send('GET', `${server.url}/health`);
  assert.equal(status, 200);
  assert.equal(body.status, 'ok');
});

test('an unknown address is answered as a problem document', async () => {
  const { status, headers } = await send('GET', `${server.url}/no-such-address`);
  assert.equal(status, 404);
  assert.equal(headers.get('content-type'), 'application/problem+json');
});
