import { expect } from 'vitest';
import type { Schema } from '../../src/domain/schema.ts';
import { run } from './generated-projects.ts';
import type { ProjectDatabase } from './project-database.ts';

/** Runs some of a project's own tests, which must pass and leave no row behind. */
export async function expectToPass(
  directory: string,
  files: readonly string[],
  schema: Schema | null,
  database: ProjectDatabase | null,
): Promise<void> {
  const env = { PATH: process.env.PATH };
  const args = ['--test', '--test-concurrency=2', ...files.map((file) => `test/${file}.test.mjs`)];
  const { code, output } = await run(process.execPath, args, { cwd: directory, env });
  expect(output).toMatch(/^# pass [1-9]/m);
  expect({ code, failed: /^# fail 0$/m.test(output) ? '' : output }).toEqual({ code: 0, failed: '' });
  for (const table of schema?.tables ?? []) {
    const rows = await database?.admin(`SELECT count(*)::int AS n FROM app."${table.name}"`);
    expect({ table: table.name, rows }).toEqual({ table: table.name, rows: [{ n: 0 }] });
  }
}
