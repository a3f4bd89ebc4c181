import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSetting, ignorePostgresEnvironment, loadConfig, openSettings, tightenSettings } from '../src/config.ts';
import { TurboError } from '../src/domain/errors.ts';
import { newAuthority } from './support/certificates.ts';
import { withTemporaryFolder } from './support/temporary-folder.ts';

const external = (url: string) => loadConfig('/', { TURBOBACKEND_HOME: '/nowhere', DB_ADMIN_URL: url }).cluster;

test('an administrator URL is taken apart, escapes and all', () => {
  expect(external('postgresql://ad%40min:p%23w@[::1]:6543/main?sslmode=verify-full')).toEqual({
    kind: 'external',
    login: { host: '::1', port: 6543, database: 'main', user: 'ad@min', password: 'p#w', sslmode: 'verify-full' },
  });
});

function refusal(url: string): TurboError {
  try {
    external(url);
  } catch (error) {
    if (error instanceof TurboError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

test.each([
  'nonsense',
  'mysql://a:canary@b',
  'postgres:///x',
  'postgres://a:canary%@b',
  'postgres://a:canary@b?sslmode=prefer',
  'postgres://a:canary@b?sslmode=require&sslmode=disable',
  'postgres://a:canary@b?ssl=false',
  'postgres://a:canary@b?ssl=true&sslmode=disable',
  'postgres://a:canary@b?sslmode=require&sslcert=/c&sslkey=/k',
  'postgres://a:canary@b?sslmode=verify-full&sslrootcert=/no/such/file',
])('the URL %j is refused without being repeated', (url) => {
  const error = refusal(url);
  expect(error.code).toBe('config.invalid');
  expect(`${error.message} ${error.hint}`).not.toContain('canary');
});

test.each([
  ['allow', 'in clear without saying so. Use require'],
  ['prefer', 'in clear without saying so. Use require'],
  ['no-verify', 'no mode of libpq, which calls the same thing require'],
  ['constructor', 'one of disable'],
  ['verify-ca', 'whose signature counts'],
  ['verify', 'one of disable, require, verify-ca, verify-full'],
])('sslmode=%s is refused, and what is wrong with it is said', (mode, words) => {
  const { message, hint } = refusal(`postgres://a:b@c?sslmode=${mode}`);
  expect(`${message} ${hint}`).toContain(words);
});

test('where nothing is said of TLS, only a server on this machine is spoken to in clear', () => {
  const modeOf = (host: string, more: Record<string, string> = {}) => {
    const { cluster } = loadConfig('/', { TURBOBACKEND_HOME: '/nowhere', DB_CLUSTER_HOST: host, ...more });
    return cluster.kind === 'external' ? cluster.login.sslmode : null;
  };
  for (const host of ['localhost', '127.0.0.1', '::1', '/run/postgresql']) expect(modeOf(host)).toBeUndefined();
  for (const host of ['10.0.0.1', 'db.example', 'localhost.example', '127.0.0.1.nip.io']) {
    expect(modeOf(host)).toBe('require');
  }
  expect(modeOf('db.example', { DB_CLUSTER_SSLMODE: 'disable' })).toBe('disable');
  expect(external('postgres://a:b@db.example/x')).toMatchObject({ login: { sslmode: 'require' } });
  expect(external('postgres://a:b@127.0.0.1/x?ssl=true')).toMatchObject({ login: { sslmode: 'require' } });
});

test('a root certificate is read from its file, once, with all that is in it checked', () =>
  withTemporaryFolder((folder) => {
    const { certificate, key } = newAuthority('a');
    const file = join(folder, 'root.pem');
    const login = (environment: Record<string, string>) => {
      const { cluster } = loadConfig(folder, { TURBOBACKEND_HOME: folder, ...environment });
      return cluster.kind === 'external' ? cluster.login : null;
    };
    writeFileSync(file, `${key}\n${certificate}`);
    const sslrootcert = { path: file, pem: certificate };
    const url = 'postgres://a:b@c/d';
    expect(login({ DB_ADMIN_URL: `${url}?sslrootcert=root.pem` })).toMatchObject({
      sslmode: 'verify-full',
      sslrootcert,
    });
    // What the URL leaves open, the variables may say.
    const variables = { DB_CLUSTER_SSLMODE: 'verify-ca', DB_CLUSTER_SSLROOTCERT: file };
    expect(login({ DB_ADMIN_URL: url, ...variables })).toMatchObject({ sslmode: 'verify-ca', sslrootcert });
    expect(login({ DB_CLUSTER_HOST: 'c', ...variables })).toMatchObject({ sslmode: 'verify-ca', sslrootcert });
    expect(login({ DB_ADMIN_URL: `${url}?sslmode=disable`, ...variables })?.sslrootcert).toBeUndefined();
    expect(login({ DB_ADMIN_URL: `${url}?sslrootcert=system` })).toMatchObject({ sslmode: 'verify-full' });
    const invalid = expect.objectContaining({ code: 'config.invalid' });
    expect(() => login({ DB_ADMIN_URL: `${url}?sslmode=require&sslrootcert=system` })).toThrow(invalid);
    for (const content of ['', key, certificate.replace(/[A-Z]{4}/, '????'), `${certificate.slice(0, 200)}`]) {
      writeFileSync(file, content);
      expect(() => login({ DB_ADMIN_URL: url, ...variables })).toThrow(invalid);
    }
  }));

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
    const defaults = { connections: 20, statementTimeoutSeconds: 15, storageMb: null, databases: 1000 };
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
