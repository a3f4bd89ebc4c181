import { createServer, type Server as TcpServer } from 'node:net';
import { expect, inject, test } from 'vitest';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import type { Login } from '../../../src/domain/database.ts';
import { SqlError, type SqlSession } from '../../../src/ports/sql.ts';

const { host, port, user, password } = inject('cluster');
const login: Login = { host, port, user, password, database: 'postgres' };
const sql = postgresSql();

async function withSession<T>(
  work: (session: SqlSession) => Promise<T>,
  settings?: Record<string, string>,
): Promise<T> {
  const session = await sql.connect(login, settings);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

test('a statement with values gives its rows', () =>
  withSession(async (session) => {
    const { rows, rowCount } = await session.query('SELECT n FROM generate_series(1, $1::int) n', [3]);
    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(rowCount).toBe(3);
  }));

test('several statements without values run as one, and the last one answers', () =>
  withSession(async (session) => {
    const { rows } = await session.query("SELECT 1 AS a; SELECT 'two' AS b");
    expect(rows).toEqual([{ b: 'two' }]);
    expect(await session.query('')).toEqual({ rows: [], rowCount: 0 });
  }));

test.each([[[]], [[1]]])('a second statement does not pass beside values %j', (values) =>
  withSession(async (session) => {
    const text = values.length > 0 ? 'SELECT $1::int; SELECT 2' : 'COMMIT; SELECT 2';
    await expect(session.query(text, values)).rejects.toMatchObject({ state: '42601' });
  }),
);

test('a refused statement carries its SQLSTATE and position, and the session goes on', () =>
  withSession(async (session) => {
    const error = await session.query('SELECT nothing_of_that_name').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SqlError);
    expect(error).toMatchObject({ state: '42703', position: 8 });
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  }));

test('settings hold from the start, whatever blanks and backslashes they have', () =>
  withSession(
    async (session) => {
      const { rows } = await session.query("SELECT current_setting('search_path') p, current_setting('turbo.odd') o");
      expect(rows).toEqual([{ p: 'pg_catalog, public', o: 'a\\b  c' }]);
    },
    { search_path: 'pg_catalog, public', 'turbo.odd': 'a\\b  c' },
  ));

test('a connection that is ended while idle does not end the process, and says so at the next statement', () =>
  withSession(async (victim) => {
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid');
    await withSession((killer) => killer.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
    const next = async () => {
      for (;;) await victim.query('SELECT 1');
    };
    const error = await next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SqlError);
    expect(error).toMatchObject({ state: expect.stringMatching(/^(08006|57P01)$/) });
    await expect(victim.query('SELECT 1')).rejects.toMatchObject({ state: '08006' });
  }));

test('a connection that is ended in the middle of a statement tells it', () =>
  withSession(async (victim) => {
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid');
    const sleeping = victim.query('SELECT pg_sleep(60)');
    const ended = expect(sleeping).rejects.toMatchObject({ state: expect.stringMatching(/^(08006|57P01)$/) });
    await withSession((killer) => killer.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
    await ended;
  }));

test('a wrong password is denied at once and is not in the message', async () => {
  const error = await sql.connect({ ...login, password: 'hunter2-canary' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'cluster.denied', details: { state: '28P01' } });
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter2-canary');
});

test('a missing database is the database`s refusal, not the cluster`s', async () => {
  await expect(sql.connect({ ...login, database: 'tb_no_such_database' })).rejects.toMatchObject({ state: '3D000' });
});

test('a program that is not PostgreSQL, or cannot do TLS, is not waited for', async () => {
  await expect(sql.connect({ ...login, sslmode: 'require' })).rejects.toMatchObject({ code: 'cluster.unreachable' });
});

/** A port that forwards to PostgreSQL, but only after it has refused `refusals` times. */
async function slowStarter(refusals: number): Promise<{ port: number; server: TcpServer; seen: () => number }> {
  const { connect } = await import('node:net');
  let seen = 0;
  const server = createServer((client) => {
    seen += 1;
    client.on('error', () => {});
    if (seen <= refusals) {
      client.destroy();
      return;
    }
    const upstream = connect(port, host);
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, server, seen: () => seen };
}

test('a server that hangs up while it starts is tried again', async () => {
  const starter = await slowStarter(3);
  const session = await sql.connect({ ...login, port: starter.port });
  expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await session.close();
  expect(starter.seen()).toBe(4);
  await new Promise((done) => starter.server.close(done));
});

test('where nothing listens, the failure comes after a few seconds and says where', async () => {
  const starter = await slowStarter(0);
  await new Promise((done) => starter.server.close(done));
  const error = await sql.connect({ ...login, port: starter.port }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'cluster.unreachable', details: { state: 'ECONNREFUSED' } });
  expect(String(error)).toContain(String(starter.port));
});

test('a fault of the caller is not taken for one of the server', () =>
  withSession(async (session) => {
    const round: Record<string, unknown> = {};
    round.self = round;
    const error = await session.query('SELECT $1::text', [round]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
  }));

test('closing twice, or after the connection was lost, is quiet', async () => {
  const session = await sql.connect(login);
  await session.close();
  await session.close();
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ state: '08006' });
});

const lines = async (pieces: AsyncIterable<string>) => {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text.split('\n').slice(0, -1);
};
async function* from(...given: readonly (string | Error)[]): AsyncIterable<string> {
  for (const piece of given) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}
const TABLE = 'CREATE TEMP TABLE t (n int PRIMARY KEY, v text)';

test('rows are copied out and in exactly, in whole lines, more than fit into one piece', () =>
  withSession(async (session) => {
    await session.query(TABLE);
    const odd = "CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE E'a\\tb\\n\\\\N\\\\ ü€😀' || repeat('x', n) END";
    const out = session.copyOut(`SELECT n, ${odd} AS v FROM generate_series(1, 3000) n`);
    expect(await session.copyIn('t (n, v)', from(...(await lines(out.pieces)).map((line) => `${line}\n`)))).toBe(3000);
    expect(out.rows()).toBe(3000);
    const { rows } = await session.query(`SELECT count(*)::int AS same FROM t WHERE v IS NOT DISTINCT FROM ${odd}`);
    expect(rows).toEqual([{ same: 3000 }]);
  }));

test('a row larger than a piece comes whole, and no rows are no pieces', () =>
  withSession(async (session) => {
    expect(await lines(session.copyOut("SELECT 'a' UNION ALL SELECT repeat('é', 200000)").pieces)).toEqual([
      'a',
      'é'.repeat(200_000),
    ]);
    const none = session.copyOut('SELECT 1 WHERE false');
    expect([await lines(none.pieces), none.rows()]).toEqual([[], 0]);
  }));

test('rows pass from one session to another while both wait for each other', () =>
  withSession((source) =>
    withSession(async (target) => {
      await target.query(TABLE);
      const { pieces } = source.copyOut("SELECT n, repeat('y', 1000) FROM generate_series(1, 20000) n");
      expect(await target.copyIn('t', pieces)).toBe(20_000);
    }),
  ));

test.each([
  ['a key that is there twice', ['1\ta\n', '1\tb\n'], { state: '23505' }],
  ['a line that is none', ['1\n'], { state: '22P04' }],
  ['a source that fails', ['1\ta\n', new Error('the source is gone')], { message: 'the source is gone' }],
])('%s leaves no row, and the session goes on', (_name, given, failure) =>
  withSession(async (session) => {
    await session.query(TABLE);
    await expect(session.copyIn('t', from(...given))).rejects.toMatchObject(failure);
    expect((await session.query('SELECT * FROM t')).rows).toEqual([]);
    await expect(lines(session.copyOut('SELECT nothing FROM t').pieces)).rejects.toMatchObject({ state: '42703' });
    expect(await session.copyIn('t', from('1\ta\n'))).toBe(1);
  }),
);

test('who stops reading in the middle has no session any more, and nothing else happens', () =>
  withSession(async (session) => {
    for await (const piece of session.copyOut('SELECT n FROM generate_series(1, 1000000) n').pieces) {
      expect(piece.startsWith('1\n2\n')).toBe(true);
      break;
    }
    await expect(session.query('SELECT 1')).rejects.toThrow();
  }));
