/**
 * `npm run bench:api [rounds] [seconds]`: the generated blog API against the same API by hand on node:http, Fastify and
 * Hono, with the same pg, database, rows and client. Rounds are interleaved, and what is printed are the middle values of
 * the ratios within a round: the machine may be busy. CPU per request is what neighbours disturb least.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendDdl } from '../../src/domain/backend-tables.ts';
import { loginUrl } from '../../src/domain/database.ts';
import { renderDdl } from '../../src/domain/ddl.ts';
import { withListIndexes } from '../../src/domain/list-order.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { startCluster } from '../support/global-cluster.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';
import { type Build, buildGenerated, buildRival, type Contender, start } from './api-contenders.ts';
import { drive, type Load, requestText } from './api-load.ts';

const rounds = Number(process.argv[2] ?? 5);
const ms = Number(process.argv[3] ?? 2) * 1000;
const CONNECTIONS = 32;
const POSTS = 20_000;

type Kind = 'get' | 'list' | 'filtered' | 'create' | 'mixed';
const KINDS: readonly Kind[] = ['get', 'list', 'filtered', 'create', 'mixed'];

/** Numbers that are the same in each run, so that all servers get the same requests. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const idOf = (kind: string, number: number): string => `${kind}-${String(number).padStart(16, '0')}`;

let created = 0;

/** Makes the requests of a kind. */
function requestsOf(kind: Kind): () => string {
  const random = pseudoRandom(1);
  const some = (count: number) => Math.floor(random() * count);
  const get = () => requestText('GET', `/posts/${idOf('post', some(POSTS))}`);
  const list = () => requestText('GET', '/posts?limit=20');
  const filtered = () => requestText('GET', '/posts?status=published&limit=20');
  const create = () => {
    created += 1;
    const slug = `created-${process.pid}-${created}`;
    const body = { author_id: idOf('user', some(100)), title: `Post ${created}`, slug, body: BODY, status: 'draft' };
    return requestText('POST', '/posts', { body });
  };
  const mixed = () => {
    const share = random();
    if (share < 0.6) return get();
    if (share < 0.8) return list();
    return share < 0.9 ? filtered() : create();
  };
  return { get, list, filtered, create, mixed }[kind];
}

const BODY = 'The quick brown fox jumps over the lazy dog. '.repeat(6);

async function fill(database: ProjectDatabase): Promise<void> {
  await database.admin(
    `insert into app.users (id, email, name, password_hash, created_at, updated_at)
     select 'user-' || lpad(n::text, 16, '0'), n || '@example.com', 'User ' || n, '', n, n from generate_series(0, 99) n`,
  );
  await database.admin(
    `insert into app.posts (id, author_id, title, slug, body, status, views, created_at, updated_at)
     select 'post-' || lpad(n::text, 16, '0'), 'user-' || lpad((n % 100)::text, 16, '0'), 'Post ' || n, 'post-' || n, $2,
       (case when n % 3 = 0 then 'draft' else 'published' end)::app.post_status, n, 1700000000 + n, 1700000000 + n
     from generate_series(0, $1 - 1) n`,
    [POSTS, BODY],
  );
  await database.admin('vacuum analyze');
}

async function prepareDatabase(database: ProjectDatabase): Promise<string> {
  const schema = readBlog();
  await database.admin(
    `SET ROLE ${database.names.owner}; SET search_path = app; ${renderDdl(schema)}${backendDdl(schema)}`,
  );
  // All servers are connected at the same time.
  await database.admin(`ALTER ROLE ${database.names.app} CONNECTION LIMIT 100`);
  await database.admin(`ALTER DATABASE ${database.names.database} CONNECTION LIMIT 150`);
  await fill(database);
  return loginUrl(database.login('app'));
}

function readBlog() {
  const file = new URL('../phases/scaffold/schemas/blog.json', import.meta.url);
  return withListIndexes(parseSchema(JSON.parse(readFileSync(file, 'utf8'))));
}

interface Reading extends Load {
  /** CPU of the server for one request, in microseconds. */
  readonly cpuUs: number;
}

async function measure(contender: Contender, kind: Kind, forMs = ms): Promise<Reading> {
  const before = contender.cpuMs();
  const load = await drive(contender.port, requestsOf(kind), { connections: CONNECTIONS, ms: forMs });
  if (load.failed > 0)
    throw new Error(`${contender.name}, ${kind}: ${load.failed} failed, for example\n${load.failure}`);
  return { ...load, cpuUs: ((contender.cpuMs() - before) * 1000) / load.requests };
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** All servers must answer the same. */
async function compareAnswers(contenders: readonly Contender[]): Promise<void> {
  const paths = [`/posts/${idOf('post', 7)}`, '/posts?limit=20', '/posts?status=published&limit=20'];
  for (const path of paths) {
    const texts = contenders.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}${path}`)).text());
    const [first, ...others] = await Promise.all(texts);
    const other = others.findIndex((text) => text !== first);
    if (other >= 0) throw new Error(`${path} is not the same everywhere:\n${first}\n${others[other]}`);
  }
}

type Readings = Map<string, Reading[]>;

/** Readings by `<server> <kind>`, one for each round. */
async function runRounds(contenders: readonly Contender[], database: ProjectDatabase): Promise<Readings> {
  const readings: Readings = new Map();
  for (const contender of contenders) {
    for (const kind of KINDS) await measure(contender, kind, Math.min(ms, 1000));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of KINDS) {
      // Each begins as often as the others.
      const order = contenders.map((_, index) => contenders[(index + round) % contenders.length]);
      for (const contender of order) {
        if (!contender) continue;
        const key = `${contender.name} ${kind}`;
        const reading = await measure(contender, kind);
        readings.set(key, [...(readings.get(key) ?? []), reading]);
      }
    }
    await database.admin("delete from app.posts where slug like 'created-%'");
    await database.admin('vacuum analyze app.posts');
  }
  return readings;
}

const GOALS: Readonly<Record<string, Partial<Record<Kind, number>>>> = {
  'node:http': { get: 1.2, list: 1.2, create: 1 },
  fastify: { get: 1.5, list: 1.5 },
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const cell = (value: number, digits = 0): string => (Number.isNaN(value) ? '-' : value.toFixed(digits)).padStart(9);

function printReadings(contenders: readonly Contender[], readings: Readings): void {
  const of = ({ name }: Contender, kind: Kind) => readings.get(`${name} ${kind}`) ?? [];
  const [ours] = contenders;
  if (!ours) return;
  for (const kind of KINDS) {
    print(`\n${kind.padEnd(22)}  req/s    p50 ms   p99 ms   CPU us   ours is … times as fast (goal), CPU`);
    for (const contender of contenders) {
      const own = of(contender, kind);
      const value = (pick: (reading: Reading) => number) => middle(own.map(pick));
      const ratio = middle(own.map(({ perSecond }, round) => (of(ours, kind)[round]?.perSecond ?? 0) / perSecond));
      const cpu = middle(own.map(({ cpuUs }, round) => cpuUs / (of(ours, kind)[round]?.cpuUs ?? 0)));
      const goal = GOALS[contender.name]?.[kind];
      const verdict =
        contender === ours ? '' : `${cell(ratio, 2)} ${goal ? `(${goal.toFixed(1)})` : '     '} ${cell(cpu, 2)}`;
      const numbers = [
        cell(value(({ perSecond }) => perSecond)),
        cell(
          value(({ p50Ms }) => p50Ms),
          2,
        ),
        cell(
          value(({ p99Ms }) => p99Ms),
          2,
        ),
        cell(value(({ cpuUs }) => cpuUs)),
      ];
      print(`  ${contender.name.padEnd(18)}${numbers.join('')}${verdict}`);
    }
  }
}

interface Stock {
  readonly build: Build;
  readonly starts: readonly Contender[];
  readonly idleMb: number;
  readonly loadMb: number;
}

function printStock(stocks: readonly Stock[]): void {
  print('\nserver              start ms  (least)  CPU ms  idle MB  load MB  build ms  output MB');
  for (const { build, starts, idleMb, loadMb } of stocks) {
    const times = starts.map(({ startMs }) => startMs);
    const numbers = [
      cell(middle(times)),
      cell(Math.min(...times)),
      cell(middle(starts.map(({ startCpuMs }) => startCpuMs))),
      cell(idleMb, 1),
      cell(loadMb, 1),
      cell(build.buildMs),
      cell(build.outputMb, 2),
    ];
    print(`${build.name.padEnd(18)}${numbers.join('')}`);
  }
  print('goals of ours: start <= 300 ms, idle <= 90 MB, output <= 5 MB');
}

const pause = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs));

async function compare(builds: readonly Build[], database: ProjectDatabase, logRequests: boolean): Promise<void> {
  const databaseUrl = loginUrl(database.login('app'));
  const options = { databaseUrl, logRequests, path: `/posts/${idOf('post', 1)}` };
  const contenders: Contender[] = [];
  const starts = new Map<string, Contender[]>();
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      for (const build of builds) {
        const started = await start(build, options);
        starts.set(build.name, [...(starts.get(build.name) ?? []), started]);
        if (attempt < 4) await started.stop();
        else contenders.push(started);
      }
    }
    await pause(2000);
    const idle = contenders.map(({ rssMb }) => rssMb());
    await compareAnswers(contenders);
    const readings = await runRounds(contenders, database);
    print(
      `\n=== ${CONNECTIONS} connections, ${rounds} rounds of ${ms / 1000} s, ${POSTS} posts, a line of log for each request: ${logRequests ? 'all' : 'none'}`,
    );
    printReadings(contenders, readings);
    const stocks = contenders.map(({ name, rssMb }, index): Stock[] => {
      const build = builds.find((candidate) => candidate.name === name);
      return build ? [{ build, starts: starts.get(name) ?? [], idleMb: idle[index] ?? 0, loadMb: rssMb() }] : [];
    });
    printStock(stocks.flat());
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tb-bench-api-'));
const { cluster, stop } = await startCluster(['shared_buffers=256MB']);
const cleanUp = async (): Promise<void> => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
};
process.once('SIGINT', () => void cleanUp().then(() => process.exit(130)));
try {
  const builds = [
    await buildGenerated('generated', readBlog(), folder),
    await buildRival('node:http', 'api-rival-node', folder),
    await buildRival('fastify', 'api-rival-fastify', folder),
    await buildRival('hono', 'api-rival-hono', folder),
  ];
  const database = await makeProjectDatabase(cluster);
  await prepareDatabase(database);
  for (const logRequests of [true, false]) await compare(builds, database, logRequests);
} finally {
  await cleanUp();
}
