import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localVault } from '../../../src/adapters/vault/local/local-vault.ts';
import type { KeyChange, Vault } from '../../../src/ports/vault.ts';

const CONTEXT = { table: 'project_databases', row: 'abc:dev', field: 'app_secret' };
const OLD = 'the old key of this test';
const NEW = 'the new key of this test';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tb-test-vault-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const keyFile = () => join(home, 'keys', 'vault.key');
const keyNames = () => readdirSync(join(home, 'keys')).sort();

/** Stored values, moved along as `rotateKey` does it. */
function storage(vault: Vault, values: string[]) {
  return async (_change: KeyChange) => {
    for (const [at, sealed] of values.entries()) {
      values[at] = await vault.seal(await vault.open(sealed, CONTEXT), CONTEXT);
    }
    return true;
  };
}

test('the new key replaces the old one, which opens nothing any more', async () => {
  const vault = localVault({ home });
  const values = [await vault.seal('one', CONTEXT), await vault.seal('two', CONTEXT)];
  const [before = '', first = ''] = [readFileSync(keyFile(), 'utf8'), values[0]];
  const { from, to, retired } = await vault.renewKey(storage(vault, values));
  expect([from, retired]).toEqual([[vault.keyIdOf(first)], true]);
  expect(keyNames()).toEqual(['vault.key']);
  expect([readFileSync(keyFile(), 'utf8') === before, statSync(keyFile()).mode & 0o777]).toEqual([false, 0o600]);
  expect(values.map((sealed) => vault.keyIdOf(sealed))).toEqual([to, to]);
  expect(await localVault({ home }).open(values[1] ?? '', CONTEXT)).toBe('two');
  await expect(localVault({ home }).open(first, CONTEXT)).rejects.toMatchObject({ code: 'secret.unreadable' });
});

test('while it changes, processes that were there before open with either and seal with the new one', async () => {
  const early = localVault({ home });
  const old = await early.seal('one', CONTEXT);
  await localVault({ home }).renewKey(async ({ to }) => {
    const fresh = await early.seal('two', CONTEXT);
    expect(early.keyIdOf(fresh)).toBe(to);
    for (const vault of [early, localVault({ home })]) {
      expect([await vault.open(old, CONTEXT), await vault.open(fresh, CONTEXT)]).toEqual(['one', 'two']);
      expect((await vault.keys()).sealing).toBe(to);
    }
    return true;
  });
});

test('a change that fails is gone on with, by the same new key', async () => {
  const vault = localVault({ home });
  const old = await vault.seal('one', CONTEXT);
  const keys: string[] = [];
  const broken = vault.renewKey(async ({ to }) => {
    keys.push(to);
    throw new Error('the disk is full');
  });
  await expect(broken).rejects.toThrow('the disk is full');
  expect([await localVault({ home }).open(old, CONTEXT), keyNames()]).toEqual(['one', ['vault.key', 'vault.key.next']]);
  expect((await vault.renewKey(storage(vault, [old]))).to).toBe(keys[0]);
  expect(keyNames()).toEqual(['vault.key']);
});

test('what cannot be moved keeps the old key, until everything can', async () => {
  const vault = localVault({ home });
  const old = await vault.seal('one', CONTEXT);
  const first = await vault.renewKey(async () => false);
  expect([first.retired, keyNames()]).toEqual([false, ['vault.key', `vault.key.old-${vault.keyIdOf(old)}`]]);
  expect(await localVault({ home }).open(old, CONTEXT)).toBe('one');
  const second = await vault.renewKey(storage(vault, [old]));
  expect([[...second.from].sort(), second.retired]).toEqual([[vault.keyIdOf(old), first.to].sort(), true]);
  expect(keyNames()).toEqual(['vault.key']);
});

test('six at once make one change, and all say so', async () => {
  const values = [await localVault({ home }).seal('one', CONTEXT)];
  const changes = await Promise.all(
    Array.from({ length: 6 }, () => {
      const vault = localVault({ home });
      return vault.renewKey(storage(vault, values));
    }),
  );
  expect(new Set(changes.map(({ from, to }) => `${from} ${to}`)).size).toBe(1);
  expect(await localVault({ home }).open(values[0] ?? '', CONTEXT)).toBe('one');
});

test('a key of the environment is changed to the one given as next, and no file is made', async () => {
  const vault = localVault({ home, masterKey: OLD, nextMasterKey: NEW });
  const values = [await localVault({ home, masterKey: OLD }).seal('one', CONTEXT)];
  expect(await vault.open(values[0] ?? '', CONTEXT)).toBe('one');
  expect((await vault.renewKey(storage(vault, values))).retired).toBe(true);
  expect(await localVault({ home, masterKey: NEW }).open(values[0] ?? '', CONTEXT)).toBe('one');
  expect(readdirSync(home)).not.toContain('keys');
});

test('without a next one a key of the environment is not changed', async () => {
  const renewing = localVault({ home, masterKey: OLD }).renewKey(async () => true);
  await expect(renewing).rejects.toMatchObject({
    code: 'usage.missing',
    hint: expect.stringContaining('TURBOBACKEND_MASTER_KEY_NEXT'),
  });
  const weak = localVault({ home, nextMasterKey: 'short' }).renewKey(async () => true);
  await expect(weak).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringMatching(/^TURBOBACKEND_MASTER_KEY_NEXT /),
  });
});

test('from the key file to the environment: the file goes when nothing needs it', async () => {
  const values = [await localVault({ home }).seal('one', CONTEXT)];
  const vault = localVault({ home, nextMasterKey: NEW });
  expect((await vault.renewKey(async () => false)).retired).toBe(false);
  expect(keyNames()).toEqual(['vault.key']);
  expect((await vault.renewKey(storage(vault, values))).retired).toBe(true);
  expect(keyNames()).toEqual([]);
  expect(await localVault({ home, masterKey: NEW }).open(values[0] ?? '', CONTEXT)).toBe('one');
});

test('a key file that was rolled back to an older one opens nothing, and says which key is missing', async () => {
  const vault = localVault({ home });
  const values = [await vault.seal('one', CONTEXT)];
  copyFileSync(keyFile(), join(home, 'backup'));
  const { from, to } = await vault.renewKey(storage(vault, values));
  copyFileSync(join(home, 'backup'), keyFile());
  await expect(localVault({ home }).open(values[0] ?? '', CONTEXT)).rejects.toMatchObject({
    code: 'secret.unreadable',
    message: expect.stringContaining(`sealed with key ${to}, the one in use is ${from[0]}`),
  });
});

test('a damaged next key is told, and nothing is done until it is back', async () => {
  const vault = localVault({ home });
  const old = await vault.seal('one', CONTEXT);
  writeFileSync(join(home, 'keys', 'vault.key.next'), 'half a key');
  for (const use of [() => vault.renewKey(async () => true), () => vault.seal('two', CONTEXT)]) {
    await expect(use()).rejects.toMatchObject({ message: expect.stringContaining('vault.key.next is damaged') });
  }
  expect(keyNames()).toEqual(['vault.key', 'vault.key.next']);
  rmSync(join(home, 'keys', 'vault.key.next'));
  expect(await vault.open(old, CONTEXT)).toBe('one');
});

test('looking makes no key', async () => {
  const vault = localVault({ home });
  expect(await vault.keys()).toEqual({ sealing: null, opening: [] });
  const sealed = await localVault({ home, masterKey: OLD }).seal('one', CONTEXT);
  await expect(vault.open(sealed, CONTEXT)).rejects.toMatchObject({
    message: expect.stringContaining('there is none here'),
  });
  expect(readdirSync(home)).toEqual([]);
});

test('what a killed process left of a key it was making goes with the next change', async () => {
  const vault = localVault({ home });
  const values = [await vault.seal('one', CONTEXT)];
  copyFileSync(keyFile(), join(home, 'keys', '.vault.key-abcdefghijkl'));
  await vault.renewKey(storage(vault, values));
  expect(keyNames()).toEqual(['vault.key']);
});
