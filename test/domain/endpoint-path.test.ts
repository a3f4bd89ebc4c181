import { expect, test } from 'vitest';
import { refusedPath, refusedReading } from '../../src/domain/endpoint-path.ts';

test('an endpoint has a handler, a test and files in a folder of its own', () => {
  const own = ['server/custom/top-posts.ts', 'test/custom-top-posts.test.mjs', 'server/custom/top-posts/weigh.ts'];
  for (const path of own) expect(refusedPath(path, 'top-posts')).toBeNull();
  expect(refusedPath('server/custom/top-posts.queries.ts', 'top-posts')).toMatch(/propose_query/);
});

// RELIABILITY K01, K07, K09
test.each([
  '../../.bashrc',
  '/etc/passwd',
  'C:\\windows\\x.ts',
  '\\\\host\\share\\x.ts',
  '\\??\\C:\\x.ts',
  'server/custom/../../.env',
  'server/custom/./top-posts.ts',
  'server//custom/top-posts.ts',
  'server/custom/top-posts/../../lib/database.ts',
  'server/custom/Top-Posts.ts',
  'SERVER/custom/top-posts.ts',
  'server/custom/top-posts.ts ',
  'server/custom/top-posts.ts\0.txt',
  'server/custom/top-posts/.env.ts',
  'server/custom/top-posts/a.mjs',
  'server/custom/top-posts/deep/a.ts',
  'server/custom/top-posts.ts/',
  'server/custom/top-posts.ts.',
  'server/custom/other.ts',
  'server/custom/routes.ts',
  'server/lib/auth.ts',
  'server/routes/top-posts.get.ts',
  'test/client.mjs',
  'test/custom-other.test.mjs',
  '.git/hooks/pre-commit',
  '.GIT/hooks/pre-commit',
  '.env',
  '.Env',
  '.npmrc',
  '.github/workflows/ci.yml',
  'package.json',
  'Package.json',
  'package-lock.json',
  'nitro.config.mjs',
  'turbobackend.json',
  'migrations/1_x.sql',
  '',
  'x'.repeat(300),
])('%j is not written', (path) => {
  expect(refusedPath(path, 'top-posts')).not.toBeNull();
});

test('what can be read holds no secret and lies in the project', () => {
  for (const path of ['server/routes/posts/[id].get.ts', 'server/data/_profiles.ts', 'test/client.mjs', 'README.md']) {
    expect(refusedReading(path)).toBeNull();
  }
  const kept = [
    '.env',
    '.env.migrate',
    'server/.env',
    'server/../.env',
    '../x',
    '/etc/passwd',
    'turbobackend.json',
    '',
  ];
  for (const path of [...kept, 'node_modules/pg/index.js', 'server\\.env', 'test//.env', '.git/config', '.output/x']) {
    expect(refusedReading(path)).not.toBeNull();
  }
});
