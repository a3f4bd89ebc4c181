import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSetting, ignorePostgresEnvironment, loadConfig, openSettings, tightenSettings } from '../src/config.ts';
import { withTemporaryFolder } from './support/temporary-folder.ts';

const external = (url: string) => loadConfig('/', { TURBOBACKEND_HOME: '/nowhere', DB_ADMIN_URL: url }).cluster;

test('an administrator URL is taken apart, escapes and all', () => {
  expect(external('postgresql://ad%40min:p%23w@[::1]:6543/main?sslmode=verify-full')).toEqual({
    kind: 'external',
    login: { host: '::1', port: 6543, database: 'main', user: 'ad@min', password: 'p#w', sslmode: 'verify-full' },
  });
});

test.each(['nonsense', 'mysql://a:canary@b', 'postgres:///x', 'postgres://a:canary@b?sslmode=prefer'])(
  'the URL %j is refused without being repeated',
  (url) => {
    try {
      external(url);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'config.invalid' });
      expect(String(error)).not.toContain('canary');
    }
  },
);

test.each([
  ['PG_DB_SCHEMA', 'Robert"); drop'],
  ['PG_DB_SCHEMA', 'pg_mine'],
])('%s=%j is refused', (name, value) => {
  expect(() => loadConfig('/', { TURBOBACKEND_HOME: '/nowhere', [name]: value })).toThrow(
    expect.objectContaining({ code: 'config.invalid' }),
  );
});

test('the environment is stronger than .env, and of .env only the cluster counts', () =>
  withTemporaryFolder((folder) => {
    writeFileSync(
      join(folder, '.env'),
      'DB_CLUSTER_HOST=from-dotenv\nTURBOBACKEND_MASTER_KEY=sneaked\nDATABASE_URL=x\n',
    );
    const config = loadConfig(folder, { TURBOBACKEND_HOME: folder });
    expect(config.masterKey).toBeUndefined();
    expect(config.cluster).toMatchObject({ kind: 'external', login: { host: 'from-dotenv', port: 5432 } });
    const stronger = loadConfig(folder, { TURBOBACKEND_HOME: folder, DB_CLUSTER_HOST: 'from-env' });
    expect(stronger.cluster).toMatchObject({ login: { host: 'from-env' } });
  }));

test('settings are saved for their owner only, and read back', () =>
  withTemporaryFolder(async (folder) => {
    const settings = await openSettings(folder);
    settings.set('cluster.port', '25432');
    expect(loadConfig(folder, { TURBOBACKEND_HOME: folder }).cluster).toEqual({ kind: 'embedded', port: 25432 });
    expect(statSync(settings.path).mode & 0o777).toBe(0o600);
    chmodSync(settings.path, 0o644);
    expect([tightenSettings(folder), tightenSettings(folder)]).toEqual([true, false]);
    expect(statSync(settings.path).mode & 0o777).toBe(0o600);
    settings.unset('cluster.port');
    expect(loadConfig(folder, { TURBOBACKEND_HOME: folder }).cluster).toEqual({ kind: 'embedded', port: undefined });
  }));

test('limits have defaults, and a saved one replaces its own only', () =>
  withTemporaryFolder(async (folder) => {
    const limits = () => loadConfig(folder, { TURBOBACKEND_HOME: folder }).limits;
    const defaults = { connections: 10, statementTimeoutSeconds: 15, storageMb: null, databases: 1000 };
    expect(limits()).toEqual(defaults);
    const settings = await openSettings(folder);
    settings.set('limits.storage', '10');
    settings.set('limits.connections', '90');
    expect(limits()).toEqual({ ...defaults, storageMb: 10, connections: 90 });
    settings.set('limits.statement-timeout', '3600');
    settings.set('limits.databases', '1');
    expect(limits()).toEqual({ connections: 90, statementTimeoutSeconds: 3600, storageMb: 10, databases: 1 });
  }));

test('looking at settings makes nothing; saving one makes a home for its owner only', () =>
  withTemporaryFolder(async (folder) => {
    const home = join(folder, 'home');
    const settings = await openSettings(home);
    expect([settings.all(), readdirSync(folder)]).toEqual([{}, []]);
    settings.set('owner', 'ada');
    expect([settings.all(), statSync(home).mode & 0o777]).toEqual([{ owner: 'ada' }, 0o700]);
  }));

test('broken settings are told, not ignored and not overwritten', () =>
  withTemporaryFolder((folder) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{ half');
    expect(() => loadConfig(folder, { TURBOBACKEND_HOME: folder })).toThrow(
      expect.objectContaining({ code: 'config.invalid' }),
    );
  }));

test('what was set for psql does not reach our connections', () => {
  const environment = { PGOPTIONS: '-c nonsense=1', PGHOST: 'elsewhere', PG_DB_SCHEMA: 'mine', PATH: '/bin' };
  ignorePostgresEnvironment(environment);
  expect(environment).toEqual({ PG_DB_SCHEMA: 'mine', PATH: '/bin' });
});

test.each([
  ['cluster.port', 'abc'],
  ['cluster.port', '0'],
  ['metadata.schema', 'Bad Name'],
  ['owner', 'two\nlines'],
  ['limits.connections', '0'],
  ['limits.connections', '91'],
  ['limits.connections', '1e1'],
  ['limits.statement-timeout', '3601'],
  ['limits.statement-timeout', '1.5'],
  ['limits.storage', '9'],
  ['limits.storage', '-10'],
  ['limits.storage', '99999999999999999999'],
  ['limits.databases', ''],
  ['limits.databases', '100001'],
] as const)('%s is not set to %j, and a saved one like it names the command that mends it', (name, value) =>
  withTemporaryFolder((folder) => {
    expect(() => checkSetting(name, value)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ [name]: value }), { mode: 0o600 });
    const environment = { TURBOBACKEND_HOME: folder };
    expect(() => loadConfig(folder, environment)).toThrow(
      expect.objectContaining({ code: 'config.invalid', hint: `turbobackend config unset ${name}` }),
    );
    expect(loadConfig(folder, environment, { withoutSaved: true }).home).toBe(folder);
  }),
);
