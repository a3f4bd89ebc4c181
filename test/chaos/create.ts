import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Created } from '../../src/pipeline/created.ts';
import { killPostgres } from '../support/postmaster.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { killAtEveryStep, counts as stepCounts } from './create-steps.ts';

/**
 * `npm run chaos:create [rounds] [rounds of steps]`: the whole pipeline under kill -9. First it is killed at the
 * beginning, in the middle and at the end of every step (see `create-steps.ts`). Then each random round starts
 * `create`, kills it at a random moment one to three times (every third round PostgreSQL is killed, too), runs the same
 * command once more and asks the oracle. The control is the oracle asked before that last run: it must find faults, or
 * it would measure nothing. Prints counts; ends with 1 when a round broke a promise or a control found nothing.
 */
const rounds = Number(process.argv[2] ?? 30);
const stepRounds = Number(process.argv[3] ?? 1);
/** A whole create takes about this long; kills are spread over it. */
const CREATE_MS = 2600;
const requests = ['blog API', 'to-do list with labels', 'room booking', 'shop with products and orders'];

const counts = { rounds: 0, kills: 0, postgresKills: 0, tooLate: 0, violations: 0, controlFindings: 0 };

const random = (below: number) => Math.random() * below;

async function killSomewhere(args: readonly string[], home: string): Promise<void> {
  const { child, finished } = startCli(args, { home });
  const timer = setTimeout(() => child.kill('SIGKILL'), 100 + random(CREATE_MS));
  const { code } = await finished;
  clearTimeout(timer);
  if (code === 137) counts.kills += 1;
  else counts.tooLate += 1;
}

/** What is wrong with a project that a finished `create` promises; empty when nothing is. */
async function askOracle(home: string, directory: string): Promise<readonly string[]> {
  const faults: string[] = [];
  const status = await runCli(['status', directory, '--json'], { home });
  if (status.code !== 0) return [`status ends with ${status.code}: ${status.stdout}${status.stderr}`];
  const { project, database, server } = JSON.parse(status.stdout);
  if (project.status !== 'ready') faults.push(`the project is ${project.status}`);
  if (database?.status !== 'ready' || !database.reachable) faults.push('the database is not ready and reachable');
  for (const { name, rows } of database?.tables ?? []) if (rows !== 0) faults.push(`${name} has ${rows} rows left`);
  if (server?.status !== 'running') faults.push(`the server is ${server?.status ?? 'not deployed'}`);
  else if ((await fetch(`${server.url}/health`)).status !== 200) faults.push('/health does not answer 200');
  const doctor = await runCli(['doctor', '--json'], { home });
  for (const { ok, name, detail } of JSON.parse(doctor.stdout).findings) if (!ok) faults.push(`${name}: ${detail}`);
  const again = JSON.parse((await runCli(['list', '--json'], { home })).stdout).projects;
  if (again.length !== 1) faults.push(`${again.length} projects instead of one`);
  const { runs } = JSON.parse((await runCli(['runs', '--json'], { home })).stdout);
  for (const { state, holder } of runs) if (state !== 'done' || holder) faults.push(`the run is ${state}`);
  return faults;
}

async function playRound(home: string, round: number): Promise<void> {
  const directory = join(home, `round-${round}`);
  const args = ['create', requests[round % requests.length] ?? 'blog API', '--dir', directory, '--json'];
  for (let kill = 0; kill < 1 + random(3); kill += 1) {
    await killSomewhere(args, home);
    if (round % 3 === 2 && existsSync(join(home, 'turbobackend', 'cluster.json'))) {
      await killPostgres(join(home, 'turbobackend')).then(
        () => {
          counts.postgresKills += 1;
        },
        () => {
          // It was not running at this moment.
        },
      );
    }
    await sleep(random(200));
  }
  const control = await askOracle(home, directory);
  counts.controlFindings += control.length > 0 ? 1 : 0;
  const last = await runCli(args, { home });
  const faults = last.code === 0 ? [...failedChecks(last.stdout)] : [`ends with ${last.code}: ${last.stdout}`];
  faults.push(...(await askOracle(home, directory)));
  const destroyed = await runCli(['destroy', directory, '--yes'], { home });
  if (destroyed.code !== 0) faults.push(`destroy ends with ${destroyed.code}: ${destroyed.stderr}`);
  counts.rounds += 1;
  counts.violations += faults.length > 0 ? 1 : 0;
  for (const fault of faults) process.stdout.write(`round ${round}: ${fault}\n`);
}

const failedChecks = (stdout: string) =>
  (JSON.parse(stdout) as Created).checks.filter((check) => !check.passed).map((check) => check.name);

for (let round = 0; round < stepRounds; round += 1) {
  await withTemporaryFolder((home) => killAtEveryStep(home, requests[round % requests.length] ?? 'blog API'));
}
if (stepRounds > 0) process.stdout.write(`steps ${JSON.stringify(stepCounts)}\n`);
if (rounds > 0) {
  await withTemporaryFolder(async (home) => {
    for (let round = 0; round < rounds; round += 1) await playRound(home, round);
    await runCli(['db', 'stop'], { home });
  });
  process.stdout.write(`random ${JSON.stringify(counts)}\n`);
}
const stepsFailed = stepRounds > 0 && (stepCounts.violations > 0 || stepCounts.differentBefore * 2 <= stepCounts.kills);
const randomFailed = rounds > 0 && (counts.violations > 0 || counts.controlFindings === 0);
process.exitCode = stepsFailed || randomFailed ? 1 : 0;
