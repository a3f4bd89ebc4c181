import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { nitroBuilder } from '../../../src/adapters/builder/nitro/nitro-builder.ts';
import { cheapenHashes } from '../../support/cheap-hashes.ts';
import {
  buildWorker,
  connectProject,
  readSchema,
  repositoryRoot,
  writeProject,
} from '../../support/generated-projects.ts';
import { expectToPass } from '../../support/own-tests.ts';
import { makeProjectDatabase } from '../../support/project-database.ts';

/** More of the projects of generated-projects.test.ts: odd tables, whose tests take long. */
const root = mkdtempSync(join(tmpdir(), 'tb-generated-'));
const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });

afterAll(async () => {
  await builder.close();
  rmSync(root, { recursive: true, force: true });
});

const ownTests: readonly [string, readonly string[]][] = [
  ['types', ['things', 'events', 'k_enum', 'k_interval', 'k_bytea']],
  ['words', ['order', 'select', 'user']],
];

test.each(ownTests)("the project's own tests pass and leave no row behind: %s", async (name, files) => {
  const directory = join(root, name);
  const schema = readSchema(name);
  await writeProject(directory, schema);
  cheapenHashes(directory);
  await builder.build(directory);
  const database = await makeProjectDatabase(inject('cluster'));
  try {
    await connectProject(directory, schema, database);
    await expectToPass(directory, files, schema, database);
    expect(schema.tables.length).toBeGreaterThanOrEqual(files.length);
  } finally {
    await database.drop();
  }
});
