import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseSchema } from '../../../src/domain/schema-rules.ts';
import { type AttackedBackend, generateFiles, withAttacked } from '../../support/attacked-backend.ts';

/** Rows of the table in test/README.md that no attack of the suite can see from outside. */
const schema = parseSchema({
  version: 1,
  enums: [],
  accounts: null,
  tables: [
    {
      name: 'items',
      columns: [
        { name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' } },
        { name: 'stock', type: 'integer', check: { min: 0 } },
        { name: 'photo_url', type: 'text', nullable: true },
      ],
    },
  ],
});

let backend: AttackedBackend;
let leave: () => void = () => {};
let left: Promise<void>;

beforeAll(async () => {
  const files = await generateFiles(schema);
  await new Promise<void>((resolve, reject) => {
    left = withAttacked({ schema, files, cluster: inject('cluster') }, async (running) => {
      backend = running;
      resolve();
      await new Promise<void>((done) => {
        leave = done;
      });
    });
    left.catch(reject);
  });
});

afterAll(async () => {
  leave();
  await left;
});

function send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  const all = { ...(body ? { 'content-type': 'application/json' } : {}), ...headers };
  return fetch(`${backend.url}${path}`, { method, headers: all, ...(body ? { body: JSON.stringify(body) } : {}) });
}

describe('the generated server', () => {
  it('fetches no address that stands in a field', async () => {
    let visits = 0;
    const bait = createServer(() => {
      visits += 1;
    });
    const port = await new Promise<number>((resolve) =>
      bait.listen(0, '127.0.0.1', () => {
        const address = bait.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      }),
    );
    try {
      for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']) {
        const made = await send('POST', '/items', { stock: 1, photo_url: `http://${host}:${port}/latest/meta-data/` });
        expect(made.status).toBe(201);
        expect((await send('GET', made.headers.get('location') ?? '')).status).toBe(200);
      }
      expect(visits).toBe(0);
    } finally {
      bait.close();
    }
  });

  it('sells the last item once, to one of a hundred at the same moment', async () => {
    const made = await send('POST', '/items', { stock: 1 });
    const path = made.headers.get('location') ?? '';
    const headers = { 'if-match': made.headers.get('etag') ?? '' };
    const sales = await Promise.all(Array.from({ length: 100 }, () => send('PATCH', path, { stock: 0 }, headers)));
    const statuses = sales.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 99 }, () => 412)]);
    expect(await (await send('GET', path)).json()).toMatchObject({ stock: 0 });
    expect((await send('PATCH', path, { stock: -1 })).status).toBe(400);
    await expect(backend.database.admin('UPDATE app.items SET stock = -1')).rejects.toMatchObject({ code: '23514' });
  });

  it('writes a line of JSON for each record, whatever was sent', async () => {
    const nasty = 'a%0d%0a{"level":"info"}%1b[31m%e2%80%a8';
    await send('GET', `/items/${nasty}?sort=${nasty}`, undefined, { 'x-request-id': 'a b', 'user-agent': '\t{"x":1}' });
    await expect.poll(() => backend.log()).toContain('/items/a%0d%0a');
    for (const line of backend.log().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('time');
  });
});
