import { describe, expect, test } from 'vitest';
import { localTemplates } from '../../../src/adapters/templates/local/local-templates.ts';
import { initialMigration } from '../../../src/domain/migration.ts';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import { projectOf, readSchema, repositoryRoot } from '../../support/generated-projects.ts';

/**
 * What only others run: the CI file, the image and the settings of a host. `npm ci`, every step of CI and every line of
 * the image were once carried out by hand; this holds them to the files they name.
 */

const kinds = ['blog', 'tasks', null].flatMap((name) => (['nitro', 'hono'] as const).map((kind) => ({ name, kind })));
const template = await localTemplates(`${repositoryRoot}/templates`).readTree('project');

/** Text of a generated file; fails when it is not generated. */
type Read = (path: string) => string;

function generate(name: string | null, framework: 'nitro' | 'hono'): { read: Read; paths: readonly string[] } {
  const schema = name === null ? null : readSchema(name);
  const files = { ...scaffoldFiles({ ...projectOf(schema), framework }, template) };
  if (schema) files[initialMigration(schema, 0).path] = '';
  return { read: (path) => files[path] ?? expect.fail(`${path} is not generated`), paths: Object.keys(files) };
}

function scriptsOf(read: Read): Readonly<Record<string, unknown>> {
  const manifest: { scripts: Record<string, unknown> } = JSON.parse(read('package.json'));
  return manifest.scripts;
}

describe.each(kinds)('a project of $name for $kind', ({ name, kind }) => {
  const { read, paths } = generate(name, kind);
  const scripts = scriptsOf(read);
  const docker = read('Dockerfile');
  const isThere = (path: string) => paths.some((file) => file === path || file.startsWith(`${path}/`));

  test('CI runs scripts that there are, all that prove something, and no other program', () => {
    const ci = read('.github/workflows/ci.yml');
    expect(ci).not.toContain('\t');
    const commands = [...ci.matchAll(/^ {6}- run: (.+)$/gm)].map(([, command = '']) => command);
    const proving = ['npm ci', 'npm run lint', 'npm run typecheck', 'npm run build'];
    expect(commands).toEqual([...proving, ...(name === null ? [] : ['npm run migrate']), 'npm test']);
    for (const command of commands.slice(1)) expect(scripts).toHaveProperty([command.replace(/^npm (run )?/, '')]);
    // What the tests and the migrations are told is what they read.
    const told = [...ci.matchAll(/^ {6}([A-Z_]+): postgres/gm)].map(([, variable]) => variable);
    expect(told).toEqual(name === null ? [] : ['DATABASE_URL', 'TEST_DATABASE_URL', 'MIGRATION_DATABASE_URL']);
    if (name !== null) expect(read('scripts/migrate.mjs')).toContain('MIGRATION_DATABASE_URL');
  });

  test('the image copies what there is, starts as npm start does, and leaves secrets out', () => {
    const built = ['/app/.output', '/app/node_modules'];
    const copies = [...docker.matchAll(/^COPY (--from=build )?(.+) \S+$/gm)];
    expect(copies.length).toBeGreaterThan(2);
    for (const [, from, sources = ''] of copies) {
      for (const source of sources.split(' ')) {
        expect([source, source === '.' || (from ? built.includes(source) : isThere(source))]).toEqual([source, true]);
      }
    }
    for (const [, script = ''] of docker.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty([script]);
    const command: unknown = JSON.parse(/^CMD (.+)$/m.exec(docker)?.[1] ?? '');
    expect(Array.isArray(command) && command.join(' ')).toBe(scripts.start);
    for (const [, script = ''] of docker.matchAll(/`node (\S+)`/g)) expect(isThere(script)).toBe(true);
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.env.*', '.git', 'node_modules', '.turbobackend']));
    expect(docker).toMatch(/^USER node$/m);
  });

  test('the host asks the port of the image for paths that there are, and migrates by a script of the image', () => {
    const fly = read('fly.toml');
    const port = /PORT=(\d+)/.exec(docker)?.[1];
    expect([/^EXPOSE (\d+)$/m.exec(docker)?.[1], /^internal_port = (\d+)$/m.exec(fly)?.[1]]).toEqual([port, port]);
    const release = /^release_command = "node (.+)"$/m.exec(fly)?.[1];
    expect(release).toBe(name === null ? undefined : 'scripts/migrate.mjs');
    if (release) expect(docker).toContain('COPY scripts ./scripts');
    expect(fly).not.toContain('{{');
    const code = paths
      .filter((path) => path.startsWith('server/'))
      .map(read)
      .join('\n');
    for (const path of ['health', 'ready']) expect(code + paths.join('\n')).toMatch(new RegExp(`\\b${path}\\b`));
    expect(fly.includes('APP_SECRET')).toBe(name === 'tasks');
  });
});
