/**
 * Breaks generated projects on purpose, one place at a time, and tells which faults their own tests do not notice:
 * `npm run chaos:mutation -- blog tasks` (all four when none is named). Prints; asserts nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate } from '../../src/phases/mutate.ts';
import { startCluster } from '../support/global-cluster.ts';
import { mutationServices, projectFiles, readSchemaFile, withLanes } from '../support/mutation.ts';

const NAMES = ['blog', 'tasks', 'forum', 'shop'];
const LANES = 2;

const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'tb-mutation-'));
const { cluster, stop } = await startCluster();
const services = await mutationServices(folder, (message) => process.stderr.write(`${message}\n`));
try {
  for (const name of given.length > 0 ? given : NAMES) {
    const schema = readSchemaFile(name);
    const files = await projectFiles(schema);
    const started = performance.now();
    const result = await withLanes(cluster, schema, LANES, (lanes) =>
      mutate({ files, scratch: join(folder, name), schema, lanes }, services),
    );
    const score = ((100 * result.killed) / result.total).toFixed(1);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stdout.write(`${name}: ${result.killed} of ${result.total} faults noticed (${score} %), ${seconds} s\n`);
    for (const survivor of result.survivors) process.stdout.write(`  ${survivor}\n`);
  }
} finally {
  await services.builder.close();
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
