import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askInside, withWorkspaceStage } from '../support/workspace-stage.ts';

test(
  'a project with accounts withstands its own tests in a sandbox, on PostgreSQL in there, and serves',
  () =>
    withWorkspaceStage('tasks', async (stage) => {
      expect(await stage.run()).toMatchObject({ tests: 'passed', changed: [] });
      const log = readFileSync(join(stage.directory, '.turbobackend/workspace/test.log'), 'utf8');
      expect(log).toMatch(/# pass [1-9]\d*\n# fail 0/);
      expect((await askInside(stage, '/tasks')).status).toBe(401);
    }),
  600_000,
);
