import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resourcePath } from '../../src/domain/rest.ts';
import { insertionOrder, sampleInput } from '../../src/domain/sample.ts';
import type { Created } from '../../src/pipeline/created.ts';
import { parseProjectSchema } from '../support/project-schema.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/**
 * `npm run bench:create [rounds]`: from a sentence to an answered `GET /health` and a row that was created and read
 * again over HTTP. Cold: no cluster yet. Warm: the cluster runs. A bare Node process is measured in the
 * same rounds, as a reading of how busy the machine is.
 */
const program = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 3);

interface Round {
  readonly total: number;
  readonly phases: readonly { readonly phase: string; readonly ms: number }[];
}

function turbobackend(home: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: home,
    env: { HOME: home, TURBOBACKEND_HOME: join(home, 'turbobackend'), PATH: process.env.PATH },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

async function sentenceToRow(home: string, request: string): Promise<Round> {
  const startedAt = performance.now();
  const created = JSON.parse(turbobackend(home, ['create', request, '--json'])) as Created;
  const health = await fetch(`${created.url}/health`);
  if (health.status !== 200) throw new Error(`/health answered ${health.status}`);
  await writeAndReadRow(created);
  return { total: performance.now() - startedAt, phases: created.phases };
}

/** A row of the first table that needs no parent. */
async function writeAndReadRow({ url, project }: Created): Promise<void> {
  const schema = parseProjectSchema(readFileSync(join(project.directory, 'turbobackend.json'), 'utf8'));
  const table = insertionOrder(schema)[0];
  if (!table) throw new Error('the schema has no table');
  const posted = await fetch(url + resourcePath(table), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sampleInput(table, schema, 4711, {})),
  });
  if (posted.status !== 201) throw new Error(`POST ${resourcePath(table)} answered ${posted.status}`);
  const row = await posted.json();
  const read = await (await fetch(url + (posted.headers.get('location') ?? ''))).json();
  if (JSON.stringify(read) !== JSON.stringify(row)) throw new Error('the row read is not the row written');
}

const seconds = (ms: number) => (ms / 1000).toFixed(2);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function print(name: string, measured: readonly Round[], target: number): void {
  const totals = measured.map(({ total }) => total);
  process.stdout.write(
    `${name}: min ${seconds(Math.min(...totals))} s, median ${seconds(median(totals))} s (target ≤ ${target} s)\n`,
  );
  const best = measured.find(({ total }) => total === Math.min(...totals));
  process.stdout.write(`  ${best?.phases.map(({ phase, ms }) => `${phase} ${seconds(ms)}`).join(' · ')}\n`);
}

function bareNode(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - startedAt;
}

if (!existsSync(fileURLToPath(new URL('../../dist/cli.js', import.meta.url))))
  throw new Error('run npm run build first');
const cold: Round[] = [];
const warm: Round[] = [];
const floor: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  await withTemporaryFolder(async (home) => {
    floor.push(bareNode());
    cold.push(await sentenceToRow(home, 'blog API'));
    warm.push(await sentenceToRow(home, 'to-do list with projects and labels'));
    for (const { id } of JSON.parse(turbobackend(home, ['list', '--json'])).projects) {
      turbobackend(home, ['destroy', id, '--yes']);
    }
    turbobackend(home, ['db', 'stop']);
  });
}
process.stdout.write(`Node ${process.version}, ${rounds} rounds; bare node ${seconds(Math.min(...floor))} s\n`);
print('no cluster yet', cold, 7);
print('cluster running', warm, 4);
