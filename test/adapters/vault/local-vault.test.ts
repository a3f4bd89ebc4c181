import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localVault } from '../../../src/adapters/vault/local/local-vault.ts';

const CONTEXT = { table: 'project_databases', row: 'abc:dev', field: 'app_secret' };
const SECRET = 'grüße-🔑-secret';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tb-test-vault-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const keyFile = () => join(home, 'keys', 'vault.key');

test('what is sealed opens again, also in another process with the same home', async () => {
  const sealed = await localVault({ home }).seal(SECRET, CONTEXT);
  expect(sealed).not.toContain(SECRET);
  expect(await localVault({ home }).open(sealed, CONTEXT)).toBe(SECRET);
});

test('an empty secret is a secret too', async () => {
  const vault = localVault({ home });
  expect(await vault.open(await vault.seal('', CONTEXT), CONTEXT)).toBe('');
});

test('sealing twice gives two texts', async () => {
  const vault = localVault({ home });
  expect(await vault.seal(SECRET, CONTEXT)).not.toBe(await vault.seal(SECRET, CONTEXT));
});

test('a change of any one character is found', async () => {
  const vault = localVault({ home });
  const sealed = await vault.seal(SECRET, CONTEXT);
  for (let at = 0; at < sealed.length; at += 1) {
    for (const other of ['A', 'b', '.', '=', ' ']) {
      if (sealed[at] === other) continue;
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      await expect(vault.open(changed, CONTEXT), `position ${at}`).rejects.toMatchObject({ code: 'secret.unreadable' });
    }
  }
});

test('a flip of any one bit of the sealed bytes is found', async () => {
  const vault = localVault({ home });
  const [version, id, body] = (await vault.seal('short', CONTEXT)).split('.');
  const bytes = Buffer.from(body ?? '', 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const opening = vault.open([version, id, flipped.toString('base64url')].join('.'), CONTEXT);
    await expect(opening).rejects.toMatchObject({ code: 'secret.unreadable' });
  }
});

test.each([
  ['cut short', (sealed: string) => sealed.slice(0, -4)],
  ['with a tag of four bytes', (sealed: string) => sealed.slice(0, -16)],
  ['lengthened', (sealed: string) => `${sealed}AAAA`],
  ['of a later version', (sealed: string) => sealed.replace('v1.', 'v2.')],
  ['plain text', () => 'hunter2'],
  ['empty', () => ''],
])('a secret %s does not open', async (_name, damage) => {
  const vault = localVault({ home });
  const opening = vault.open(damage(await vault.seal(SECRET, CONTEXT)), CONTEXT);
  await expect(opening).rejects.toMatchObject({ code: 'secret.unreadable' });
});

test('a secret copied to another project, role or table does not open there', async () => {
  const vault = localVault({ home });
  const contexts = [
    CONTEXT,
    { ...CONTEXT, row: 'abd:dev' },
    { ...CONTEXT, field: 'mig_secret' },
    { ...CONTEXT, table: 'other' },
    // The same characters, cut at another place.
    { table: 'project_databasesabc', row: ':dev', field: 'app_secret' },
  ];
  for (const from of contexts) {
    const sealed = await vault.seal(SECRET, from);
    for (const to of contexts) {
      const opening = vault.open(sealed, to);
      if (from === to) expect(await opening).toBe(SECRET);
      else await expect(opening).rejects.toMatchObject({ code: 'secret.unreadable' });
    }
  }
});

test('another key opens nothing, and the message names no secret', async () => {
  const sealed = await localVault({ home, masterKey: 'correct horse battery' }).seal(SECRET, CONTEXT);
  expect(await localVault({ home, masterKey: 'correct horse battery' }).open(sealed, CONTEXT)).toBe(SECRET);
  for (const other of [localVault({ home, masterKey: 'correct horse batterz' }), localVault({ home })]) {
    const error = await other.open(sealed, CONTEXT).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secret.unreadable' });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/horse|grüße/);
  }
});

test('with a master key no key file is made', async () => {
  await localVault({ home, masterKey: randomBytes(32).toString('base64') }).seal(SECRET, CONTEXT);
  expect(readdirSync(home)).toEqual([]);
});

test('a master key one could guess is refused', async () => {
  const sealing = localVault({ home, masterKey: 'short' }).seal(SECRET, CONTEXT);
  await expect(sealing).rejects.toMatchObject({ code: 'config.invalid' });
});

test('many at once agree on one key, readable by its owner only, and leave nothing beside it', async () => {
  const vaults = Array.from({ length: 30 }, () => localVault({ home }));
  const sealed = await Promise.all(vaults.map((vault) => vault.seal(SECRET, CONTEXT)));
  for (const text of sealed) expect(await localVault({ home }).open(text, CONTEXT)).toBe(SECRET);
  expect(readdirSync(join(home, 'keys'))).toEqual(['vault.key']);
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
});

test('no key is made in a home everybody can write to', async () => {
  chmodSync(home, 0o777);
  await expect(localVault({ home }).seal(SECRET, CONTEXT)).rejects.toMatchObject({ code: 'workspace.unwritable' });
  expect(readdirSync(home)).toEqual([]);
});

test('a key file others could read is closed again, and that is said', async () => {
  const sealed = await localVault({ home }).seal(SECRET, CONTEXT);
  chmodSync(keyFile(), 0o644);
  chmodSync(join(home, 'keys'), 0o777);
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  expect(await localVault({ home, onNote }).open(sealed, CONTEXT)).toBe(SECRET);
  expect(await localVault({ home, onNote }).open(sealed, CONTEXT)).toBe(SECRET);
  expect(notes).toEqual([expect.stringContaining(keyFile())]);
  expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
});

test('who only looks leaves an open key as it is, and learns that it is open', async () => {
  const vault = localVault({ home });
  const sealed = await vault.seal(SECRET, CONTEXT);
  expect(await vault.exposedKeys()).toEqual([]);
  chmodSync(keyFile(), 0o644);
  expect(await vault.asFound().open(sealed, CONTEXT)).toBe(SECRET);
  expect(await vault.exposedKeys()).toEqual([keyFile()]);
  expect(statSync(keyFile()).mode & 0o777).toBe(0o644);
  await vault.keys();
  chmodSync(join(home, 'keys'), 0o755);
  expect(await vault.exposedKeys()).toEqual([keyFile()]);
  expect(await localVault({ home, masterKey: 'x'.repeat(32) }).exposedKeys()).toEqual([]);
});

test('many who find the same key open at once tell it once', async () => {
  const sealed = await localVault({ home }).seal(SECRET, CONTEXT);
  const notes: string[] = [];
  const vault = localVault({ home, onNote: (note) => notes.push(note) });
  chmodSync(keyFile(), 0o644);
  await Promise.all([1, 2, 3, 4].map(() => vault.open(sealed, CONTEXT)));
  expect(notes).toHaveLength(1);
});

test.each(['', 'short', `${'x'.repeat(43)}x`, '\0'.repeat(43)])(
  'a damaged key file is told and kept: %j',
  async (text) => {
    mkdirSync(join(home, 'keys'));
    writeFileSync(keyFile(), text);
    await expect(localVault({ home }).seal(SECRET, CONTEXT)).rejects.toMatchObject({ code: 'secret.unreadable' });
    expect(readFileSync(keyFile(), 'utf8')).toBe(text);
  },
);

test('a symbolic link in place of the key is not followed', async () => {
  mkdirSync(join(home, 'keys'));
  const elsewhere = join(home, 'elsewhere');
  writeFileSync(elsewhere, 'A'.repeat(43));
  symlinkSync(elsewhere, keyFile());
  await expect(localVault({ home }).seal(SECRET, CONTEXT)).rejects.toMatchObject({ code: 'workspace.unwritable' });
});

test('a home that is a file is told by name, and works as soon as it is a folder', async () => {
  const blocked = join(home, 'blocked');
  writeFileSync(blocked, '');
  const vault = localVault({ home: blocked });
  await expect(vault.seal(SECRET, CONTEXT)).rejects.toMatchObject({ code: 'workspace.unwritable' });
  rmSync(blocked);
  expect(await vault.open(await vault.seal(SECRET, CONTEXT), CONTEXT)).toBe(SECRET);
});
