/**
 * `npm run chaos:migrate [kills] [crashes]`: kills runners of migrations with -9 at moments of chance, forth and back,
 * until there are 1,000 kills, and lets PostgreSQL fall 20 times, over files in transactions, concurrent indexes and
 * files that are repeated.
 * After each of them one run in peace has to leave every effect exactly once. A naive runner is the control and must
 * fail. Prints counts; exit code 1 when something of ours failed, or when the control did not.
 */
import { startCluster } from '../support/global-cluster.ts';
import { makeProjectDatabase } from '../support/project-database.ts';
import { empty } from './migrate-files.ts';
import { newMigrateTally, playControl, playRound, startRunners, undisturbedMs } from './migrate-run.ts';
import { endServer, restart } from './provision-server.ts';

const [kills = 1000, crashes = 20] = process.argv.slice(2).map(Number);
const CONTROLS = 30;
const { cluster: server, stop } = await startCluster();
const runners = await startRunners();
const tally = newMigrateTally();
const begun = performance.now();
const seconds = () => ((performance.now() - begun) / 1000).toFixed(0);
const say = (text: string) => process.stdout.write(`${text}\n`);

async function cleanUp(): Promise<void> {
  runners.close();
  await endServer(server).catch(() => {});
  await stop();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));

try {
  const database = await makeProjectDatabase(server);
  await undisturbedMs(runners, 'up', database);
  await empty(database);
  const times = {
    up: await undisturbedMs(runners, 'up', database),
    down: await undisturbedMs(runners, 'down', database),
  };
  for (let told = 0; tally.kills < kills && tally.violations.length < 10; ) {
    await playRound({ database, runners, tally, times });
    if (tally.kills - told < 100) continue;
    told = tally.kills;
    say(`${told} kills, ${tally.rounds} rounds, ${tally.violations.length} violations, ${seconds()} s`);
  }
  while (tally.crashes < crashes && tally.violations.length < 10) {
    const signal = tally.crashes % 2 === 0 ? 'SIGKILL' : 'SIGQUIT';
    await playRound({ database, runners, tally, times, crash: () => restart(server, signal) });
  }
  const broken = await playControl(runners, database, CONTROLS);
  say(`kills      ${tally.kills}, and ${tally.misses} runs that were quicker`);
  say(`crashes    ${tally.crashes}`);
  say(`rounds     ${tally.rounds} forth and back, ${seconds()} s`);
  say(`control    naive runner: ${broken} of ${CONTROLS} databases broken`);
  say(`violations ${tally.violations.length}`);
  for (const violation of tally.violations) say(`VIOLATION ${violation}`);
  if (broken === 0) say('THE CONTROL DOES NOT FAIL: this run has measured nothing');
  if (tally.violations.length > 0 || broken === 0) process.exitCode = 1;
} finally {
  await cleanUp();
}
