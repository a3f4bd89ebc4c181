/**
 * `npm run chaos:provision [projects] [-- --rounds 50 --parts points,chance,crowd,storm]`: kills processes and servers while they make, trash, bring back,
 * rotate and take away project databases, runs the same command once more, and asks the oracle. A stranger tries to get
 * into every database all the time, the trash included; pg_hba.conf lets everybody try, so only the order of the steps
 * protects. The naive order is the control and must fail. At least 1,000 kills at moments of chance, spread over the
 * projects. Prints counts; exit code 1 when something of ours failed, or when the control did not.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCluster } from '../support/global-cluster.ts';
import { asAdmin, borrowMetadata, provisioningServices } from '../support/provisioning.ts';
import { type ControlResult, runControl } from './provision-control.ts';
import { strangersOfOurs, unhealthy } from './provision-oracle.ts';
import { childRunner } from './provision-run.ts';
import { killAtNamedPoints, killAtRandom, manyAtOnce, SCENES } from './provision-scenes.ts';
import { endServer, type FallingServer, letServerFall } from './provision-server.ts';
import { newTally, type Session } from './provision-session.ts';
import { letStrangerIn, STRANGER_HBA, type Stranger } from './provision-stranger.ts';

const RANDOM_KILLS = 1000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '50' },
    parts: { type: 'string', default: 'points,chance,crowd,storm' },
  },
});
const parts = new Set(values.parts.split(','));
const projects = Number(positionals[0] ?? 100);
const rounds = Number(values.rounds);
if (!(projects > 0 && rounds >= 0)) throw new RangeError('usage: chaos:provision [projects] [--rounds <count>]');

const startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1000;
const { cluster: server, stop } = await startCluster(['max_connections=300']);
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
const children = await childRunner(server, metadata, 4);
const tally = newTally();
const figures: [string, string][] = [];

const session: Session = {
  server,
  services,
  children,
  tally,
  stormy: false,
  say: (line) => process.stdout.write(`${seconds().toFixed(0).padStart(4)} s  ${line}\n`),
  blame(where, problems) {
    for (const problem of problems) {
      tally.violations.push(`${where}: ${problem}`);
      session.say(`VIOLATION ${where}: ${problem}`);
    }
  },
};

/** Runs one part, and writes down what it came to. */
async function part(key: string, name: string, work: () => Promise<string>): Promise<void> {
  if (!parts.has(key)) return;
  const [from, violations] = [seconds(), tally.violations.length];
  const result = await work();
  session.blame(name, await strangersOfOurs(server, services));
  const found = tally.violations.length - violations;
  figures.push([name, `${result}; ${found} violations, ${(seconds() - from).toFixed(0)} s`]);
  session.say(`${name}: ${result}`);
}

async function healthOfAll(): Promise<void> {
  const left = (await services.state.listDatabases()).filter((record) => record.status === 'ready');
  session.blame(
    'all that is left',
    await unhealthy(
      services,
      left.map((record) => record.projectId),
    ),
  );
}

async function whileTheServerFalls(): Promise<string> {
  const kills = tally.kills;
  session.stormy = true;
  let falling: FallingServer | null = letServerFall(server);
  const { hits } = falling;
  try {
    await killAtRandom(session, Math.ceil(projects / 2), 4);
    await falling.stop();
    falling = null;
  } finally {
    await falling?.stop();
    session.stormy = false;
  }
  const { cuts, crashes, kills: killed, quits } = hits;
  const postmaster = `postmaster killed -9 ${killed} and -3 ${quits} times`;
  return `${cuts} connections cut, ${crashes} server processes killed, ${postmaster}, ${tally.kills - kills} kills of ours, ${tally.excused} runs failed for that with a reason`;
}

async function play(): Promise<void> {
  await part('points', 'named points', async () => {
    const counts: string[] = [];
    for (const scene of SCENES) {
      counts.push(`${(await killAtNamedPoints(session, scene, { twice: true })).length} of ${scene.name}`);
      session.say(`named points: ${counts.at(-1)}`);
    }
    return `${counts.join(', ')}, each once and twice in a row: ${tally.kills} kills`;
  });
  await part('chance', 'moments of chance', async () => {
    const before = tally.kills;
    await killAtRandom(session, projects, Math.ceil(RANDOM_KILLS / projects));
    await healthOfAll();
    return `${tally.kills - before} kills over ${projects} projects`;
  });
  await part('crowd', 'at once', async () => {
    await manyAtOnce(session, rounds);
    return `${rounds} rounds of 20 on one project and 20 on as many, every fifth with 20 mixed wishes: ${tally.atOnce} commands`;
  });
  await part('storm', 'falling server', whileTheServerFalls);
  await healthOfAll();
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const share = (values: readonly number[], part: number) =>
  sorted(values)[Math.floor(values.length * part)]?.toFixed(0) ?? '–';

function report(stranger: Stranger, control: ControlResult): void {
  const { recoveriesMs, violations } = tally;
  const recovery = `p50 ${share(recoveriesMs, 0.5)} ms, p95 ${share(recoveriesMs, 0.95)} ms, max ${sorted(recoveriesMs).at(-1)?.toFixed(0)} ms`;
  figures.push(
    ['all', `${tally.runs} runs, ${tally.kills} kills, ${tally.looks} looks of the oracle, ${seconds().toFixed(0)} s`],
    ['next run', `${recoveriesMs.length} runs, ${recovery}`],
    ['stranger', `${stranger.attempts} attempts, ${stranger.entered.length} got in`],
    [
      'control',
      `naive order: ${control.problems.length} problems in ${control.projects} projects, ${control.unrepeatable} not repeatable, stranger in ${control.entered}`,
    ],
    ['violations', String(violations.length)],
  );
  process.stdout.write(`\n${figures.map(([name, figure]) => `${name.padEnd(20)}${figure}`).join('\n')}\n`);
  for (const violation of violations) process.stdout.write(`VIOLATION ${violation}\n`);
}

let cleaning: Promise<void> | null = null;
/** With the cluster go all its databases. */
function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    children.close();
    await services.state.close().catch(() => {});
    await endServer(server).catch(() => {});
    await stop();
    rmSync(metadata.home, { recursive: true, force: true });
  })();
  return cleaning;
}
process.once('SIGINT', () => void cleanUp().then(() => process.exit(130)));
process.once('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`);
  void cleanUp().then(() => process.exit(1));
});
process.once('SIGTERM', () => void cleanUp().then(() => process.exit(143)));

/** INV6: no process and no connection of ours is left. */
async function leftovers(): Promise<string[]> {
  await services.state.close();
  const problems = children.strays().map((pid) => `process ${pid} still runs`);
  for (let attempt = 0; ; attempt += 1) {
    const rows = await asAdmin(server, 'postgres', (query) =>
      query(`SELECT datname FROM pg_stat_activity WHERE application_name = 'turbobackend' AND pid <> pg_backend_pid()`),
    );
    if (rows.length === 0) return problems;
    if (attempt > 20) return [...problems, `${rows.length} connections are left`];
    await sleep(100);
  }
}

try {
  writeFileSync(
    join(server.dataDirectory, 'pg_hba.conf'),
    `local all all reject\n${STRANGER_HBA}host all all 127.0.0.1/32 scram-sha-256\n`,
  );
  await asAdmin(server, 'postgres', (query) => query('SELECT pg_reload_conf()'));
  await services.state.listDatabases();
  const stranger = await letStrangerIn(server, '^turbobackend_(proj|trash)_');
  await play();
  await stranger.stop();
  session.blame('stranger', stranger.entered);
  session.blame('in the end', await leftovers());
  const control = await runControl(session, metadata.metadataDatabase, 30);
  report(stranger, control);
  const controlFailed = control.problems.length > 0 && control.unrepeatable > 0;
  if (!controlFailed) process.stdout.write('THE CONTROL DOES NOT FAIL: this run has measured nothing\n');
  if (tally.violations.length > 0 || !controlFailed) process.exitCode = 1;
} catch (error) {
  if (!cleaning) throw error;
} finally {
  await cleanUp();
}
