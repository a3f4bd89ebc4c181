import { spawnSync } from 'node:child_process';

/**
 * `npm run check`: everything that can be judged without running the product. All steps run, also after one has
 * failed, so that one look at the log tells everything. `npm run check -- law` runs one of them.
 */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  style: ['biome', 'check', '--error-on-warnings', '.'],
  // The native compiler: a quarter of the time. `typescript` stays for the tools that use its API.
  types: ['node', 'node_modules/typescript7/bin/tsc', '-p', '.'],
  law: ['depcruise', '--config', '.config/dependency-cruiser.cjs', 'src'],
  unused: ['knip', '--config', '.config/knip.jsonc'],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(STEPS, name));
if (unknown.length > 0) {
  process.stderr.write(`No such check: ${unknown.join(', ')}. There are: ${Object.keys(STEPS).join(', ')}.\n`);
  process.exit(2);
}

const failed: string[] = [];
for (const [name, command] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n> check ${name}: ${command.join(' ')}\n`);
  // npm puts node_modules/.bin on the PATH; on Windows those are .cmd files, which only a shell can start.
  const [program = '', ...args] = command;
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) process.stderr.write(`${program}: ${error.message}\n`);
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? '\nAll checks hold.\n' : `\nChecks that failed: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
