/**
 * `npm run chaos:provision [projects]`: kills processes and servers while they make and take away project databases, runs
 * the same command once more, and asks the oracle. A stranger tries to get in all the time; pg_hba.conf lets everybody
 * try, so only the order of the steps protects. The naive order is the control and must fail. Prints counts; exit code 1
 * when something of ours failed, or when the control did not.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseNames } from '../../src/domain/database.ts';
import { startCluster } from '../support/global-cluster.ts';
import { asAdmin, borrowMetadata, provisioningServices, wipe } from '../support/provisioning.ts';
import { naiveProblems, orphans, traces, unhealthy } from './provision-oracle.ts';
import { childRunner } from './provision-run.ts';
import { letStrangerIn } from './provision-stranger.ts';

const projects = Number(process.argv[2] ?? 60);
const { cluster: server, stop } = await startCluster(['max_connections=300']);
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
const children = await childRunner(server, metadata);
const startedAt = performance.now();
const tally = { runs: 0, kills: 0, crashes: 0, cuts: 0, violations: [] as string[] };

const say = (line: string) =>
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);

function blame(where: string, problems: readonly string[]): void {
  for (const problem of problems) {
    tally.violations.push(`${where}: ${problem}`);
    say(`VIOLATION ${where}: ${problem}`);
  }
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** A run that must succeed, as the one after a kill. */
async function finish(verb: 'provision' | 'deprovision', projectId: string, where: string): Promise<readonly string[]> {
  tally.runs += 1;
  const end = await children.run({ verb, projectId });
  if (end.code !== 0) blame(where, [`the next run of ${verb} ended with ${end.code}: ${end.stderr.slice(0, 400)}`]);
  return end.points;
}

async function kill(order: Parameters<typeof children.run>[0]): Promise<void> {
  tally.runs += 1;
  const end = await children.run(order);
  if (end.code === null) tally.kills += 1;
}

const newId = () => services.ids.projectId();

async function atNamedPoints(): Promise<void> {
  const model = newId();
  const making = await finish('provision', model, 'a whole run');
  const removing = await finish('deprovision', model, 'a whole run');
  const ids: string[] = [];
  await inParallel(making, 3, async (killAt) => {
    const projectId = newId();
    ids.push(projectId);
    await kill({ verb: 'provision', projectId, killAt });
    blame(`killed at ${killAt}`, await orphans(server, services, [projectId]));
    await finish('provision', projectId, `killed at ${killAt}`);
  });
  blame('named points', await unhealthy(services, ids));
  await inParallel(removing, 3, async (killAt) => {
    const projectId = newId();
    await finish('provision', projectId, 'before removing');
    await kill({ verb: 'deprovision', projectId, killAt });
    blame(`removal killed at ${killAt}`, await orphans(server, services, [projectId]));
    await finish('deprovision', projectId, `removal killed at ${killAt}`);
    blame(`removal killed at ${killAt}`, await traces(server, services, [projectId]));
  });
  say(`named points: ${making.length} of making, ${removing.length} of removing`);
}

async function atRandomMoments(): Promise<void> {
  const ids = Array.from({ length: projects }, newId);
  await inParallel(ids, 3, async (projectId) => {
    for (let round = Math.ceil(Math.random() * 3); round > 0; round -= 1) {
      await kill({ verb: 'provision', projectId, killAfterMs: 150 + Math.random() * 500 });
      blame('random kill', await orphans(server, services, [projectId]));
    }
    await finish('provision', projectId, 'random kills');
  });
  blame('random kills', await unhealthy(services, ids));
  const [gone, kept] = [ids.slice(0, ids.length / 2), ids.slice(ids.length / 2)];
  await inParallel(gone, 3, async (projectId) => {
    await kill({ verb: 'deprovision', projectId, killAfterMs: 150 + Math.random() * 400 });
    await finish('deprovision', projectId, 'random removal');
  });
  blame('random removal', await traces(server, services, gone));
  blame('after random removals', await unhealthy(services, kept));
  say(`random moments: ${projects} projects made, ${gone.length} removed`);
}

async function manyAtOnce(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    const projectId = newId();
    const ends = await Promise.all(Array.from({ length: 6 }, () => children.run({ verb: 'provision', projectId })));
    tally.runs += ends.length;
    blame(
      'six at once',
      ends.filter((end) => end.code !== 0).map((end) => end.stderr.slice(0, 400)),
    );
    const removals = await Promise.all([1, 2, 3].map(() => children.run({ verb: 'deprovision', projectId })));
    tally.runs += removals.length;
    blame(
      'three removals at once',
      removals.filter((end) => end.code !== 0).map((end) => end.stderr.slice(0, 400)),
    );
    blame('three removals at once', await traces(server, services, [projectId]));
  }
  const ids = Array.from({ length: 20 }, newId);
  await Promise.all(ids.map((id) => finish('provision', id, '20 projects at once')));
  blame('20 projects at once', await unhealthy(services, ids));
  say('at once: 4 rounds of 6 on one project, 20 on different ones');
}

/** Ends sessions of turbobackend, or kills one server process, which makes PostgreSQL restart all of them. */
async function hitServer(crash: boolean): Promise<void> {
  await asAdmin(server, 'postgres', async (query) => {
    const rows = await query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'turbobackend' AND pid <> pg_backend_pid()
         AND backend_type = 'client backend' ORDER BY random() LIMIT 1`,
    );
    const pid = Number(rows[0]?.pid ?? 0);
    if (pid === 0) return;
    if (crash) {
      process.kill(pid, 'SIGKILL');
      tally.crashes += 1;
    } else {
      await query('SELECT pg_terminate_backend($1)', [pid]);
      tally.cuts += 1;
    }
  }).catch(() => {});
}

async function whileTheServerFalls(): Promise<void> {
  const ids = Array.from({ length: Math.ceil(projects / 2) }, newId);
  for (const [at, projectId] of ids.entries()) {
    const end = children.run({ verb: 'provision', projectId });
    tally.runs += 1;
    await new Promise((next) => setTimeout(next, 200 + Math.random() * 300));
    await hitServer(at % 2 === 0);
    await end;
    await finish('provision', projectId, 'server hit');
    blame('server hit', await orphans(server, services, [projectId]));
  }
  blame('server hit', await unhealthy(services, ids));
  say(`falling server: ${ids.length} projects`);
}

/** Gives what was wrong with the control; nothing wrong means that the measure is blind. */
async function control(): Promise<readonly string[]> {
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query('CREATE TABLE naive (project_id text PRIMARY KEY, database text, password text)'),
  );
  const ids = Array.from({ length: projects }, newId);
  const stranger = await letStrangerIn(server, '^turbobackend_proj_');
  const points = ['after:create-role', 'after:create-database', 'after:save'];
  let unrepeatable = 0;
  await inParallel(ids, 3, async (projectId) => {
    const at = ids.indexOf(projectId);
    const how = at < points.length ? { killAt: points[at] ?? '' } : { killAfterMs: 150 + Math.random() * 250 };
    await children.run({ verb: 'naive', projectId, ...how });
    if ((await children.run({ verb: 'naive', projectId })).code !== 0) unrepeatable += 1;
  });
  await stranger.stop();
  const problems = await naiveProblems(server, metadata.metadataDatabase, ids);
  const entered = new Set(stranger.entered.filter((name) => ids.some((id) => name.includes(id))));
  say(`control, naive order: ${problems.length} problems in ${ids.length} projects, ${unrepeatable} not repeatable`);
  say(`control, stranger: got into ${entered.size} of ${ids.length} databases`);
  await asAdmin(server, 'postgres', async (query) => {
    for (const id of ids) await wipe(query, databaseNames(id).database);
  });
  return problems;
}

try {
  writeFileSync(
    join(server.dataDirectory, 'pg_hba.conf'),
    'local all all reject\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );
  await asAdmin(server, 'postgres', (query) => query('SELECT pg_reload_conf()'));
  await services.state.listDatabases();
  const stranger = await letStrangerIn(server, '^turbobackend_proj_');
  await atNamedPoints();
  await atRandomMoments();
  await manyAtOnce();
  await whileTheServerFalls();
  await stranger.stop();
  blame('stranger', stranger.entered);
  say(`stranger: ${stranger.attempts} attempts, ${stranger.entered.length} got in`);
  const controlFailed = (await control()).length > 0;
  say(`${tally.runs} runs, ${tally.kills} killed, ${tally.cuts} connections cut, ${tally.crashes} server crashes`);
  say(`${tally.violations.length} violations; the control ${controlFailed ? 'fails, as it must' : 'DOES NOT FAIL'}`);
  if (tally.violations.length > 0 || !controlFailed) process.exitCode = 1;
} finally {
  children.close();
  await services.state.close();
  // With the cluster go all its databases.
  await stop();
  rmSync(metadata.home, { recursive: true, force: true });
}
