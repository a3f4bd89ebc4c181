import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('the server is healthy and ready', async () => {
  const { status, database } = answered(await client.get('/health'), 200);
  assert.deepEqual({ status, database }, { status: 'ok', database: 'ok' });
  assert.equal(answered(await client.get('/ready'), 200).status, 'ready');
});

test('an unknown address is answered as a problem document', async () => {
  refused(await client.get('/no-such-address'), 404);
});

test('every answer tells browsers to be careful, and has an id', async () => {
  for (const path of ['/health', '/no-such-address']) {
    const { headers } = await client.get(path, { 'x-request-id': 'a-b.c_1' });
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.match(headers.get('content-security-policy'), /default-src 'none'/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('access-control-allow-origin'), null);
    assert.equal(headers.get('x-request-id'), 'a-b.c_1');
  }
  const { headers } = await client.get('/health', { 'x-request-id': 'no id' });
  assert.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/);
});

test('HEAD is GET without a body', async () => {
  const { body } = answered(await client.send('HEAD', '/health'), 200) ?? { body: null };
  assert.equal(body ?? null, null);
});
