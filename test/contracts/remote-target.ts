import { describe, expect, test } from 'vitest';
import { isTurboError, type TurboError } from '../../src/domain/errors.ts';
import type { RemoteDeployOrder, RemoteTarget } from '../../src/ports/remote-target.ts';

/** A target whose service is played, for the length of one test. */
export interface LentTarget {
  readonly target: RemoteTarget;
  /** Where the app answers; the target tells the address of the real service. */
  readonly address: string;
  /** How many apps and machines were ever made, and how many are there. */
  readonly count: () => { readonly made: readonly [number, number]; readonly there: readonly [number, number] };
}

/** A server that says which version it is; `broken` never gets ready, `refused` has a migration that fails. */
export function orderOf(
  version: string,
  kind: 'plain' | 'broken' | 'refused' = 'plain',
  change: Partial<RemoteDeployOrder> = {},
): RemoteDeployOrder {
  const server = `import { createServer } from 'node:http';
createServer((request, response) => {
  if (request.url === '/ready') response.statusCode = ${kind === 'broken' ? 503 : 200};
  response.end(JSON.stringify({ version: '${version}', login: process.env.DATABASE_URL, migrator: process.env.MIGRATION_DATABASE_URL }));
}).listen(Number(process.env.PORT), process.env.HOST);
console.log('listening as ${version}');`;
  const migrate = `console.log('migrating with ' + process.env.MIGRATION_DATABASE_URL);
process.exit(${kind === 'refused' ? 3 : 0});`;
  return {
    projectId: 'p1234567890abcde',
    name: 'Blog API',
    app: 'blog-api',
    region: 'fra',
    files: { '.output/server/index.mjs': server, 'scripts/migrate.mjs': migrate, 'migrations/1_a.sql': 'select 1;' },
    environment: { LANG: 'C' },
    secrets: {
      DATABASE_URL: 'postgres://app:canary-7f3a@db/x',
      MIGRATION_DATABASE_URL: 'postgres://mig:canary-9c1e@db/x',
    },
    version,
    ...change,
  };
}

/** What went wrong on purpose. */
export async function failureOf(work: Promise<unknown>): Promise<TurboError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (isTurboError(error)) return error;
  throw error;
}

const quiet = () => undefined;

async function shownAt(address: string): Promise<unknown> {
  return (await fetch(address)).json();
}

/** Suite of `RemoteTarget`, run against every adapter of it. */
export function describeRemoteTarget(name: string, lend: (work: (lent: LentTarget) => Promise<void>) => Promise<void>) {
  describe(`the remote target ${name}`, () => {
    test('runs what it is given, with its secrets, and without the login of migrations', () =>
      lend(async ({ target, address }) => {
        const order = orderOf('v1');
        const deployment = await target.deploy(order, quiet);
        expect(deployment).toMatchObject({ app: 'blog-api', status: 'running', version: 'v1' });
        expect(deployment.machines).toHaveLength(1);
        expect(deployment.machines.every(({ healthy }) => healthy)).toBe(true);
        expect(await shownAt(address)).toEqual({ version: 'v1', login: order.secrets.DATABASE_URL });
      }));

    test('deploys the same twice as once, and tells it the same way', () =>
      lend(async ({ target, count }) => {
        const first = await target.deploy(orderOf('v1'), quiet);
        const { made } = count();
        expect(await target.deploy(orderOf('v1'), quiet)).toEqual(first);
        expect(await target.inspect('blog-api')).toEqual(first);
        expect(count().made).toEqual(made);
        expect(count().there).toEqual([1, 1]);
      }));

    test('replaces a version, and goes back to it when asked', () =>
      lend(async ({ target, address }) => {
        await target.deploy(orderOf('v1'), quiet);
        expect(await target.deploy(orderOf('v2'), quiet)).toMatchObject({ version: 'v2', status: 'running' });
        expect(await shownAt(address)).toMatchObject({ version: 'v2' });
        expect(await target.rollback('blog-api')).toMatchObject({ version: 'v1', status: 'running' });
        expect(await shownAt(address)).toMatchObject({ version: 'v1' });
      }));

    test('has nothing to go back to after one version', () =>
      lend(async ({ target }) => {
        await target.deploy(orderOf('v1'), quiet);
        expect((await failureOf(target.rollback('blog-api'))).code).toBe('deploy.not_running');
      }));

    test('keeps what runs when the next version does not become healthy', () =>
      lend(async ({ target, address }) => {
        await target.deploy(orderOf('v1'), quiet);
        const { code, message } = await failureOf(target.deploy(orderOf('v2', 'broken'), quiet));
        expect(code).toBe('deploy.unhealthy');
        expect(message).toContain('v1');
        expect(await shownAt(address)).toMatchObject({ version: 'v1' });
        expect(await target.inspect('blog-api')).toMatchObject({ version: 'v1', status: 'running' });
      }));

    test('changes no server when a migration fails, and says why', () =>
      lend(async ({ target, address, count }) => {
        await target.deploy(orderOf('v1'), quiet);
        const { code, message } = await failureOf(target.deploy(orderOf('v2', 'refused'), quiet));
        expect([code, message]).toEqual(['migration.failed', expect.stringContaining('3')]);
        expect(message).not.toContain('canary');
        expect(await shownAt(address)).toMatchObject({ version: 'v1' });
        expect(count().there).toEqual([1, 1]);
      }));

    test('makes more and fewer machines, and larger ones', () =>
      lend(async ({ target }) => {
        await target.deploy(orderOf('v1'), quiet);
        expect((await target.scale('blog-api', { count: 3 })).machines).toHaveLength(3);
        const { machines, version } = await target.scale('blog-api', { count: 2, memoryMb: 512 });
        expect([machines.length, version]).toEqual([2, 'v1']);
        expect(await target.deploy(orderOf('v2'), quiet)).toMatchObject({ version: 'v2', status: 'running' });
        expect((await failureOf(target.scale('blog-api', { count: 0 }))).code).toBe('usage.invalid');
        expect((await failureOf(target.scale('blog-api', { memoryMb: 300 }))).code).toBe('usage.invalid');
      }));

    test('shows the last lines of the log', () =>
      lend(async ({ target }) => {
        await target.deploy(orderOf('v1'), quiet);
        expect((await target.logs('blog-api', { lines: 5 })).join('\n')).toContain('listening as v1');
      }));

    test('leaves nothing when it is taken away, and nothing is there to take away twice', () =>
      lend(async ({ target, count }) => {
        await target.deploy(orderOf('v1'), quiet);
        const { projectId } = orderOf('v1');
        expect(await target.remove('blog-api', projectId)).toBe(true);
        expect(await target.remove('blog-api', projectId)).toBe(false);
        expect(await target.inspect('blog-api')).toBeNull();
        expect(count().there).toEqual([0, 0]);
      }));

    test('checks and plans without making anything', () =>
      lend(async ({ target, count }) => {
        expect((await target.check()).map(({ passed }) => passed)).not.toContain(false);
        const planned = await target.plan(orderOf('v1'));
        expect(planned.map(({ action }) => action)).toContain('create');
        expect(count().made).toEqual([0, 0]);
        await target.deploy(orderOf('v1'), quiet);
        expect((await target.plan(orderOf('v2'))).map(({ action }) => action)).not.toContain('create');
      }));
  });
}
