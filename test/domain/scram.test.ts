import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { generatePassword, maskVerifiers, scramVerifier, verifierMatches } from '../../src/domain/scram.ts';
import { asAdmin, withSession } from '../support/provisioning.ts';

const server = inject('cluster');

test('PostgreSQL lets a password in through the verifier made for it, and no other password', async () => {
  const role = `tb_scram_${randomBytes(6).toString('hex')}`;
  const password = generatePassword();
  const { host, port } = server;
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE DATABASE ${role}`);
    // pg_hba.conf of the cluster wants a role named like the database.
    await query(`CREATE ROLE ${role} LOGIN PASSWORD '${await scramVerifier(password)}'`);
  });
  try {
    const login = { host, port, database: role, user: role, password };
    const me = await withSession(login, (query) => query('SELECT current_user AS me'));
    expect(me).toEqual([{ me: role }]);
    const wrong = withSession({ ...login, password: generatePassword() }, (query) => query('SELECT 1'));
    await expect(wrong).rejects.toMatchObject({ code: 'cluster.denied', details: { state: '28P01' } });
  } finally {
    await asAdmin(server, 'postgres', async (query) => {
      await query(`DROP DATABASE ${role}`);
      await query(`DROP ROLE ${role}`);
    });
  }
});

test('a verifier PostgreSQL made is told to match its password only', async () => {
  const role = `tb_scram_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${role} PASSWORD 'correct horse'`);
    const [row] = await query('SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1', [role]);
    await query(`DROP ROLE ${role}`);
    expect(await verifierMatches(String(row?.verifier), 'correct horse')).toBe(true);
    expect(await verifierMatches(String(row?.verifier), 'correct horsf')).toBe(false);
  });
});

test.each([
  ['no password', null],
  ['an md5 hash', `md5${'0'.repeat(32)}`],
  ['a plain password', 'secret'],
  ['rounds that would take hours', 'SCRAM-SHA-256$4000000000:AAAA$AAAA:AAAA'],
  ['a key of the wrong length', 'SCRAM-SHA-256$4096:AAAA$AAAA:AAAA'],
])('%s is not a verifier of anything', async (_name, verifier) => {
  expect(await verifierMatches(verifier, 'secret')).toBe(false);
});

test('passwords are 256 random bits in letters that need no quoting anywhere', () => {
  const passwords = Array.from({ length: 200 }, generatePassword);
  expect(new Set(passwords).size).toBe(200);
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test('the same password never has the same verifier twice', async () => {
  expect(await scramVerifier('secret')).not.toBe(await scramVerifier('secret'));
});

test.each(['', 'pässword', 'new\nline', 'nul\0'])(
  'a password outside printable ASCII is refused: %j',
  async (password) => {
    await expect(scramVerifier(password)).rejects.toThrow(RangeError);
  },
);

test('a kept statement shows no verifier', async () => {
  const verifier = await scramVerifier('secret');
  const shown = maskVerifiers(`ALTER ROLE "a" PASSWORD '${verifier}' LOGIN; ALTER ROLE "b" PASSWORD '${verifier}'`);
  expect(shown).toBe(`ALTER ROLE "a" PASSWORD '***' LOGIN; ALTER ROLE "b" PASSWORD '***'`);
});
