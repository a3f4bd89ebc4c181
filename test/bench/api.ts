/**
 * `npm run bench:api [rounds] [seconds] [on|off]`: the generated blog API against the same API by hand on node:http,
 * Fastify and Hono, with the same pg, database, rows and client, and against itself with accounts and walls. Rounds are
 * interleaved and short, for a busy machine changes its speed within seconds; printed are the middle values of the ratios
 * within a round. CPU for each request is what neighbours disturb least. A line of log for each request is what is
 * deployed; `off` is without.
 */
import { accessSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { loginUrl } from '../../src/domain/database.ts';
import { startCluster } from '../support/global-cluster.ts';
import type { ProjectDatabase } from '../support/project-database.ts';
import { type Build, buildGenerated, buildRival, type Contender, start } from './api-contenders.ts';
import { backendsCpuMs, forgetCreated, idOf, makeBlog, openBlog, POSTS, privateBlog } from './api-database.ts';
import { drive } from './api-load.ts';
import { print, printReadings, printStock, type Reading, type Readings } from './api-print.ts';
import { KINDS, type Kind, type Manner, OPEN, requestsOf, signUp } from './api-requests.ts';

const rounds = Number(process.argv[2] ?? 20);
const ms = Number(process.argv[3] ?? 0.5) * 1000;
const logging = ['on', 'off'].filter((setting) => (process.argv[4] ?? setting) === setting);
const CONNECTIONS = 32;
const STARTS = 5;
const WARM_REQUESTS = 5000;

/** A build and the database it works on. */
interface Entrant {
  readonly build: Build;
  readonly database: ProjectDatabase;
  readonly hasAccounts: boolean;
}

interface Running extends Entrant {
  readonly contender: Contender;
  readonly manner: Manner;
  readonly starts: readonly Contender[];
}

const folder = mkdtempSync(join(tmpdir(), 'tb-bench-api-'));
const { cluster, stop } = await startCluster(['shared_buffers=256MB']);

async function enter(): Promise<readonly Entrant[]> {
  const open = await makeBlog(cluster, openBlog());
  const builds = [
    await buildGenerated('generated', openBlog(), folder),
    await buildRival('node:http', 'api-rival-node', folder),
    await buildRival('fastify', 'api-rival-fastify', folder),
    await buildRival('hono', 'api-rival-hono', folder),
  ];
  const walled = await buildGenerated('with accounts', privateBlog(), folder);
  return [
    ...builds.map((build) => ({ build, database: open, hasAccounts: false })),
    { build: walled, database: await makeBlog(cluster, privateBlog()), hasAccounts: true },
  ];
}

async function run(entrant: Entrant, logRequests: boolean): Promise<Running> {
  const { build, database, hasAccounts } = entrant;
  const path = hasAccounts ? '/health' : `/posts/${idOf('post', 1)}`;
  const env = { APP_SECRET: 'a secret of at least 32 characters' };
  const starts: Contender[] = [];
  while (starts.length < STARTS) {
    await starts.at(-1)?.stop();
    starts.push(await start(build, { databaseUrl: loginUrl(database.login('app')), logRequests, path, env }));
  }
  const contender = starts.at(-1);
  if (!contender) throw new Error('nothing was started');
  const manner = hasAccounts ? await signUp(contender.port, (sql, values) => database.admin(sql, values)) : OPEN;
  return { ...entrant, contender, manner, starts };
}

/** All servers of the open blog must answer the same. */
async function compareAnswers(running: readonly Running[]): Promise<void> {
  const same = running.filter(({ hasAccounts }) => !hasAccounts);
  for (const path of [`/posts/${idOf('post', 7)}`, '/posts?limit=20', '/posts?status=published&limit=20']) {
    const texts = same.map(async ({ contender }) => (await fetch(`http://127.0.0.1:${contender.port}${path}`)).text());
    const [first, ...others] = await Promise.all(texts);
    const other = others.find((text) => text !== first);
    if (other !== undefined) throw new Error(`${path} is not the same everywhere:\n${first}\n${other}`);
  }
}

async function measure({ contender, manner }: Running, kind: Kind, forMs: number): Promise<Reading> {
  const [before, databaseBefore] = [contender.cpuMs(), backendsCpuMs(cluster)];
  const load = await drive(contender.port, requestsOf(kind, manner), { connections: CONNECTIONS, ms: forMs });
  if (load.failed > 0) throw new Error(`${contender.name}, ${kind}: ${load.failed} failed, like\n${load.failure}`);
  const each = (from: number, to: number) => ((to - from) * 1000) / load.requests;
  const databaseUs = each(databaseBefore, backendsCpuMs(cluster));
  return { ...load, cpuUs: each(before, contender.cpuMs()), databaseUs };
}

/** By number, not by time: what is not compiled yet costs a multiple, and on a busy machine that lasts. */
async function warmUp(running: Running, kind: Kind): Promise<void> {
  let requests = 0;
  while (requests < WARM_REQUESTS) requests += (await measure(running, kind, 500)).requests;
}

async function runRounds(running: readonly Running[]): Promise<Readings> {
  const readings: Readings = new Map();
  const unable = new Set<string>();
  for (const one of running) {
    for (const kind of KINDS) {
      await warmUp(one, kind).catch((error: unknown) => {
        unable.add(`${one.build.name} ${kind}`);
        print(String(error));
      });
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of KINDS) {
      for (let place = 0; place < running.length; place += 1) {
        // Each begins as often as the others.
        const one = running[(place + round) % running.length];
        const key = `${one?.build.name} ${kind}`;
        if (!one || unable.has(key)) continue;
        readings.set(key, [...(readings.get(key) ?? []), await measure(one, kind, ms)]);
      }
    }
    for (const database of new Set(running.map((one) => one.database))) await forgetCreated(database);
  }
  return readings;
}

async function compare(entrants: readonly Entrant[], logRequests: boolean): Promise<void> {
  const running: Running[] = [];
  try {
    for (const entrant of entrants) running.push(await run(entrant, logRequests));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const idle = running.map(({ contender }) => contender.rssMb());
    await compareAnswers(running);
    const readings = await runRounds(running);
    const sizes = `${CONNECTIONS} connections, ${rounds} rounds of ${ms / 1000} s, ${POSTS} posts`;
    print(`\n=== ${sizes}; every server logs ${logRequests ? 'a line for each request' : 'no requests'}`);
    const names = running.map(({ build }) => build.name);
    printReadings(names, readings);
    printStock(
      running.map(({ build, starts, contender }, at) => {
        return { build, starts, idleMb: idle[at] ?? Number.NaN, loadMb: contender.rssMb() };
      }),
    );
  } finally {
    await Promise.all(running.map(({ contender }) => contender.stop()));
  }
}

/** What is not compared, and why. */
function printAbsent(): void {
  const isThere = (folderOfPath: string) => {
    try {
      accessSync(join(folderOfPath, 'postgrest'));
      return true;
    } catch {
      return false;
    }
  };
  const found = (process.env.PATH ?? '').split(delimiter).some(isThere);
  print(`\nNot compared: PostgREST (${found ? 'in PATH, but not driven yet' : 'no program of that name in PATH'}),`);
  print(`PostGraphile (5 needs Node 22, this is ${process.versions.node}; it speaks GraphQL).`);
}

const cleanUp = async (): Promise<void> => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
};
process.once('SIGINT', () => void cleanUp().then(() => process.exit(130)));
try {
  const entrants = await enter();
  for (const setting of logging) await compare(entrants, setting === 'on');
  printAbsent();
} finally {
  await cleanUp();
}
