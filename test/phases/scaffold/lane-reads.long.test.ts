import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatheringSocket } from '../../../templates/project/database/server/lib/gathering-socket.ts';
import { newCertificate } from '../../support/certificates.ts';
import { startTlsCluster, type TlsCluster } from '../../support/tls-cluster.ts';

interface Statement {
  readonly name: string;
  readonly text: string;
}

interface Page {
  readonly text: { end(): string };
  last(names: readonly string[]): unknown;
}

/** What a project has beside files of other templates, so that only the whole project can be type-checked. */
interface Lane {
  readonly Client: typeof pg.Client;
  runOn(client: pg.ClientBase, statement: Statement, values: unknown[]): Promise<object[]>;
  pageOf(limit: number): (client: pg.ClientBase, statement: Statement, values: unknown[]) => Promise<Page>;
}

const library = new URL('../../../templates/project/database/server/lib/', import.meta.url);
const { Client, pageOf, runOn }: Lane = await import(new URL('lane.ts', library).pathname);

let cluster: TlsCluster;

beforeAll(async () => {
  cluster = await startTlsCluster();
  await cluster.present(newCertificate({ names: ['localhost'] }));
});

afterAll(() => cluster.stop());

async function withClient<T>(ssl: pg.ClientConfig['ssl'], work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { host, port, user, password } = cluster.cluster;
  const connection = { host, port, user, password, database: 'postgres', ...(ssl && { ssl }) };
  const client = new Client({ ...connection, pipeline: true, stream: () => new GatheringSocket() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Rows that tell whose they are, from shorter than a byte to longer than what is read at once. */
const statement = {
  name: 'rows',
  text: `select n, $1::text || '-' || n as whose, repeat($1::text, (n * n * $2::int) % 70000 / length($1::text)) as long
    from generate_series(1, 40) n limit $3`,
};

interface Row {
  readonly n: number;
  readonly whose: string;
  readonly long: string;
}

function expected(name: string, factor: number): Row[] {
  return Array.from({ length: 40 }, (_, at): Row => {
    const n = at + 1;
    const long = name.repeat(Math.floor(((n * n * factor) % 70_000) / name.length));
    return { n, whose: `${name}-${n}`, long };
  });
}

test.each([
  ['without TLS', undefined],
  ['with TLS', { rejectUnauthorized: false }],
])('many statements on one connection get their own rows only, as objects and as pages, %s', async (_, ssl) => {
  await withClient(ssl, async (client) => {
    const asked = Array.from({ length: 60 }, (_, at) => ({ name: `name${at}`, factor: 1 + at * 13 }));
    const answers = asked.map(async ({ name, factor }, at) => {
      if (at % 2 === 0) return runOn(client, statement, [name, factor, 100]);
      const page = await pageOf(100)(client, statement, [name, factor, 100]);
      return JSON.parse(`${page.text.end()}}`).data;
    });
    const all = await Promise.all(answers);
    for (const [at, { name, factor }] of asked.entries()) expect(all[at], name).toEqual(expected(name, factor));
  });
});

test('a page that others follow knows its last row, whatever came after it', async () => {
  await withClient(undefined, async (client) => {
    const pages = Array.from({ length: 40 }, (_, at) => {
      const limit = 1 + (at % 30);
      return pageOf(limit)(client, statement, [`name${at}`, 7 + at * 31, limit + 1]);
    });
    const last = (await Promise.all(pages)).map((page) => page.last(['n', 'whose']));
    expect(last).toEqual(last.map((_, at) => ({ n: 1 + (at % 30), whose: `name${at}-${1 + (at % 30)}` })));
  });
});

test('a statement is asked once how its rows look, and refused when they would look different', async () => {
  await withClient(undefined, async (client) => {
    await client.query('create temp table changing (a int, b text)');
    await client.query("insert into changing values (1, 'x')");
    const all = { name: 'all', text: 'select * from changing' };
    for (let time = 0; time < 3; time += 1) expect(await runOn(client, all, [])).toEqual([{ a: 1, b: 'x' }]);
    await client.query('alter table changing add column c int');
    await expect(runOn(client, all, [])).rejects.toMatchObject({ code: '0A000' });
    const begin = { name: 'begin', text: 'begin' };
    for (let time = 0; time < 3; time += 1) expect(await runOn(client, begin, [])).toEqual([]);
  });
});
