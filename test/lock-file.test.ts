import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAbsentPlatforms, type LockFile } from '../.config/platform-packages.ts';
import { packageRoot } from './support/packed-files.ts';

const templates = readdirSync(join(packageRoot, 'templates/project'), { recursive: true, encoding: 'utf8' });
const lockFiles = [
  'package-lock.json',
  ...templates.filter((file) => file.endsWith('package-lock.json')).map((file) => `templates/project/${file}`),
];

const readLock = (file: string): LockFile => JSON.parse(readFileSync(join(packageRoot, file), 'utf8'));

test.each(lockFiles)('%s is complete on every platform, as npm ci demands, and tied to no registry', (file) => {
  const lock = readLock(file);
  expect(Object.keys(lock.packages).length).toBeGreaterThan(1);
  expect(findAbsentPlatforms(lock)).toEqual([]);
  expect(Object.entries(lock.packages).filter(([, entry]) => 'resolved' in entry)).toEqual([]);
});

test('a package of another platform that a lock file lacks is named with what it runs on', () => {
  const lock: LockFile = {
    packages: {
      '': { optionalDependencies: { fsevents: '2.3.3' } },
      'node_modules/tool': {
        version: '2.0.0',
        dev: true,
        optionalDependencies: {
          '@tool/linux-x64-musl': '2.0.0',
          '@tool/darwin-arm64': '2.0.0',
          '@tool/wasm32-wasi': '2.0.0',
        },
      },
      'node_modules/@tool/darwin-arm64': { version: '1.0.0' },
      'node_modules/other': { version: '1.0.0', optionalDependencies: { '@tool/win32-x64-msvc': '1.0.0' } },
      'node_modules/other/node_modules/@tool/win32-x64-msvc': { version: '1.0.0' },
    },
  };
  const shared = { version: '2.0.0', dev: true, optional: true };
  expect(findAbsentPlatforms(lock)).toEqual([
    { path: 'node_modules/@tool/linux-x64-musl', entry: { ...shared, libc: ['musl'], cpu: ['x64'], os: ['linux'] } },
    { path: 'node_modules/tool/node_modules/@tool/darwin-arm64', entry: { ...shared, cpu: ['arm64'], os: ['darwin'] } },
    { path: 'node_modules/@tool/wasm32-wasi', entry: { ...shared, cpu: ['wasm32'] } },
  ]);
});

const manifests = lockFiles.map((file) => file.replace('package-lock.json', 'package.json')).slice(1);

test.each(manifests)('%s names exact versions, all of them from the registry', (file) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(packageRoot, file), 'utf8'));
  const versions = Object.entries<string>({ ...dependencies, ...devDependencies });
  expect(versions.length).toBeGreaterThan(1);
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+[\w.-]*$/.test(version))).toEqual([]);
});

test('the settings of a project let no package run a script when it is installed', () => {
  const lines = readFileSync(join(packageRoot, 'templates/project/base/_npmrc'), 'utf8').split('\n');
  expect(lines).toContain('ignore-scripts=true');
});
