import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from '../../../../src/adapters/shared/process/identity.ts';
import { acquireLock } from '../../../../src/adapters/shared/process/lock-file.ts';

/**
 * A process that wants a lock again and again, and raises a number in a file while it has it:
 * `lock-racer <folder> <rounds> <dies|lives>`. One that dies does so with the lock in its hands, after its last round.
 */
const [folder = '', rounds = '0', fate = 'lives'] = process.argv.slice(2);
const [lock, counter, inside] = ['lock', 'counter', 'inside'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

/** Says so in a file when somebody alive is inside, too. */
function enter(): void {
  const other = existsSync(inside) ? Number(readFileSync(inside, 'utf8')) : 0;
  if (other > 0 && identify(other) !== null) writeFileSync(join(folder, `violation-${process.pid}`), `${other}`);
  writeFileSync(inside, `${process.pid}`);
}

async function raise(): Promise<void> {
  const before = Number(readFileSync(counter, 'utf8'));
  await sleep(1);
  // Renamed: a kill in the middle of writing would leave an empty file.
  writeFileSync(`${counter}.new`, `${before + 1}`);
  renameSync(`${counter}.new`, counter);
}

while (!existsSync(join(folder, 'go'))) await sleep(5);
for (let round = 0; round < Number(rounds); round += 1) {
  const release = await acquireLock(lock, { waitMs: 120_000 });
  if (release === null) throw new Error('never got it');
  enter();
  await raise();
  if (fate === 'dies' && round === Number(rounds) - 1) process.kill(process.pid, 'SIGKILL');
  rmSync(inside, { force: true });
  release();
}
