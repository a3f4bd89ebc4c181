import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listPackedFiles, packageRoot } from './support/packed-files.ts';

const packed = listPackedFiles();

/** One line for what is many files by nature: pieces of the bundle, a declaration for each module, the planner's words. */
const asListed = (path: string) =>
  path
    .replace(/^dist\/chunk-[\w.-]+\.js$/, 'dist/chunk-*.js')
    .replace(/^dist\/types\/.*\.d\.ts$/, 'dist/types/**/*.d.ts')
    .replace(/^templates\/(planner\/domains|schemas)\/[\w-]+\.json$/, 'templates/$1/*.json');

test('the package holds the files of the committed list and no other', async () => {
  const list = [...new Set(packed.map(asListed))].join('\n');
  await expect(`${list}\n`).toMatchFileSnapshot('packed-files.txt');
});

test('every template is packed: npm drops some names without a word', () => {
  const onDisk = readdirSync(join(packageRoot, 'templates'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(packageRoot.length).replaceAll('\\', '/'));
  expect(packed.filter((path) => path.startsWith('templates/'))).toEqual(onDisk.sort());
});

test('no test, no source of ours, no hidden file and no key is packed', () => {
  const unwanted = [
    /^(src|test)\//,
    // A dot-file that npm does not drop today it may obey or drop tomorrow; templates are stored as `_gitignore`.
    /(^|\/)\.[^/]+/,
    /\.(pem|key|p12|pfx|tgz|log)$/,
    /(^|\/)(node_modules|coverage|golden)\//,
  ];
  expect(packed.filter((path) => unwanted.some((pattern) => pattern.test(path)))).toEqual([]);
});

test('no packed file carries a secret or a path of the machine it was built on', () => {
  const unwanted = [
    packageRoot,
    /-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}/,
    /\bsk-(proj-|ant-)?[A-Za-z0-9_-]{32,}/,
    /\bnpm_[A-Za-z0-9]{36}\b/,
    /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
    /\bAKIA[A-Z0-9]{16}\b/,
  ];
  const found = packed.flatMap((path) => {
    const text = readFileSync(join(packageRoot, path), 'latin1');
    const hits = unwanted.filter((secret) => (typeof secret === 'string' ? text.includes(secret) : secret.test(text)));
    return hits.map((hit) => `${path}: ${hit}`);
  });
  expect(found).toEqual([]);
});
