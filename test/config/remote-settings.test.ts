import { expect, test } from 'vitest';
import {
  daytonaSettings,
  flySettings,
  githubSettings,
  remoteSettings,
  s3Settings,
} from '../../src/config/remote-settings.ts';
import { TurboError } from '../../src/domain/errors.ts';

const read = {
  fly: (env: Record<string, string>) => flySettings(remoteSettings(env)),
  daytona: (env: Record<string, string>) => daytonaSettings(remoteSettings(env)),
  github: (env: Record<string, string>) => githubSettings(remoteSettings(env)),
  s3: (env: Record<string, string>) => s3Settings(remoteSettings(env)),
};

test('without a token there is no remote', () => {
  expect(Object.values(read).map((settings) => settings({}))).toEqual([null, null, null, null]);
  expect(read.fly({ FLY_API_TOKEN: ' ' })).toBeNull();
  expect(read.s3({ AWS_ACCESS_KEY_ID: 'AK' })).toBeNull();
});

test('a token is enough, and everything else has the value of the service', () => {
  expect(read.fly({ FLY_ACCESS_TOKEN: ' FlyV1 fm2_a,fm2_b\n' })).toEqual({
    token: 'FlyV1 fm2_a,fm2_b',
    organization: 'personal',
    region: null,
    baseUrl: 'https://api.machines.dev',
    appUrl: 'https://{app}.fly.dev',
    withFlyctl: false,
  });
  expect(read.daytona({ DAYTONA_API_KEY: 'dtn' })?.apiUrl).toBe('https://app.daytona.io/api');
  expect(read.github({ GH_TOKEN: 'gh' })).toEqual({
    token: 'gh',
    apiUrl: 'https://api.github.com',
    serverUrl: 'https://github.com',
  });
  expect(read.s3({ AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 's' })).toEqual({
    accessKeyId: 'AK',
    secretAccessKey: 's',
    sessionToken: null,
    region: 'us-east-1',
    endpoint: null,
    bucket: null,
  });
});

test('the first of two names counts', () => {
  expect(read.fly({ FLY_API_TOKEN: 'a', FLY_ACCESS_TOKEN: 'b' })?.token).toBe('a');
  expect(read.github({ GITHUB_TOKEN: 'a', GH_TOKEN: 'b' })?.token).toBe('a');
  const s3 = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL: 'https://one.example/' };
  expect(read.s3(s3)?.endpoint).toBe('https://one.example');
  expect(read.s3({ ...s3, AWS_ENDPOINT_URL_S3: 'https://two.example' })?.endpoint).toBe('https://two.example');
  expect(read.s3({ ...s3, AWS_DEFAULT_REGION: 'eu-west-1' })?.region).toBe('eu-west-1');
});

test.each([
  ['fly', { FLY_API_TOKEN: 'canary\nX-Other: 1' }, 'FLY_API_TOKEN'],
  ['fly', { FLY_API_TOKEN: 'a', FLY_FLAPS_BASE_URL: 'http://canary.example' }, 'FLY_FLAPS_BASE_URL'],
  ['fly', { FLY_API_TOKEN: 'a', FLY_FLAPS_BASE_URL: 'https://me:canary@x.example' }, 'FLY_FLAPS_BASE_URL'],
  ['fly', { FLY_API_TOKEN: 'a', FLY_ORG: '../canary' }, 'FLY_ORG'],
  ['fly', { FLY_API_TOKEN: 'a', FLY_REGION: 'canary fra' }, 'FLY_REGION'],
  ['daytona', { DAYTONA_API_KEY: 'a', DAYTONA_API_URL: 'canary' }, 'DAYTONA_API_URL'],
  ['github', { GITHUB_TOKEN: 'a', GITHUB_API_URL: 'ftp://canary.example' }, 'GITHUB_API_URL'],
  [
    's3',
    { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', TURBOBACKEND_S3_BUCKET: 'Canary_' },
    'TURBOBACKEND_S3_BUCKET',
  ],
] as const)('%s refuses %j by the name of %s, without repeating it', (remote, env, name) => {
  try {
    read[remote]({ ...env });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof TurboError)) throw error;
    expect(error.code).toBe('config.invalid');
    expect(error.message).toContain(name);
    expect(`${error.message} ${error.hint}`).not.toMatch(/canary/i);
  }
});

test('apps may answer elsewhere', () => {
  const appUrl = (value: string) => read.fly({ FLY_API_TOKEN: 'a', TURBOBACKEND_FLY_APP_URL: value })?.appUrl;
  expect(appUrl('https://{app}.example.com/')).toBe('https://{app}.example.com');
  expect(() => appUrl('http://{app}.example.com')).toThrow('TURBOBACKEND_FLY_APP_URL');
});

test('flyctl is used when somebody says so, and never by another name', () => {
  const withFlyctl = (value: string) => read.fly({ FLY_API_TOKEN: 'a', TURBOBACKEND_FLYCTL: value })?.withFlyctl;
  expect([withFlyctl('yes'), withFlyctl('0')]).toEqual([true, false]);
  expect(() => withFlyctl('/tmp/flyctl')).toThrow('TURBOBACKEND_FLYCTL');
});

test('clear text is for this machine only', () => {
  for (const host of ['127.0.0.1:8080', 'localhost:1', '[::1]:5']) {
    expect(read.fly({ FLY_API_TOKEN: 'a', FLY_FLAPS_BASE_URL: `http://${host}` })?.baseUrl).toBe(`http://${host}`);
  }
});
