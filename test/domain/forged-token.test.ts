import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { forgeTokens } from '../../src/domain/forged-token.ts';
import { fastHashes, isSlowHash } from '../../src/domain/password-traces.ts';

const SECRET = 'a secret of more than thirty-two letters';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(text: string): string {
  return createHmac('sha256', SECRET).update(text).digest('base64url');
}

const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'anna', sid: 's', iat: 1000, exp: 2000, iss: 'api' })}`;
const token = `${body}.${sign(body)}`;

it('forges no token that is valid', () => {
  const forged = forgeTokens(token, { subject: 'berta', now: 1500 });
  expect(forged.length).toBeGreaterThan(25);
  for (const { token: other } of forged) {
    const [head = '', claims = '', signature] = other.split('.');
    expect(other).not.toBe(token);
    const isRight = other.split('.').length === 3 && signature === sign(`${head}.${claims}`);
    expect(isRight && head === token.split('.')[0]).toBe(false);
  }
});

it('signs an expired token rightly when it has the secret', () => {
  const expired = forgeTokens(token, { subject: 'berta', secret: SECRET, now: 1500 }).find(
    ({ isExpired }) => isExpired,
  );
  const [head = '', claims = '', signature] = expired?.token.split('.') ?? [];
  expect(signature).toBe(sign(`${head}.${claims}`));
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ sub: 'anna', exp: 1500 - 3600 });
});

it('tells slow hashes from digests', () => {
  const [digest = ''] = fastHashes('hunter2');
  expect(isSlowHash(`s1$${'a'.repeat(22)}$${'b'.repeat(32)}`)).toBe(true);
  expect(isSlowHash(`$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`)).toBe(true);
  expect(isSlowHash(digest)).toBe(false);
  expect(isSlowHash('hunter2')).toBe(false);
});
