import { expect, test } from 'vitest';
import type { Login } from '../../src/domain/database.ts';
import { describeTlsFailure } from '../../src/domain/tls-failure.ts';

const login: Login = {
  host: 'db.example',
  port: 5432,
  database: 'd',
  user: 'u',
  password: 'canary',
  sslmode: 'verify-full',
};
const coded = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more });

test.each([
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'authority that is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'authority that is not known here'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'not for the host name db.example'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
  ['CERT_REVOKED', 'CERT_REVOKED'],
  ['EPROTO', 'EPROTO'],
])('%s names its cause and a next step', (code, words) => {
  const failure = describeTlsFailure(coded(code), login);
  expect(failure).toMatchObject({ code: 'cluster.unreachable', details: { state: code } });
  expect(failure?.message).toContain(words);
  expect(failure?.hint).toMatch(/\.$/);
  expect(`${failure?.message} ${failure?.hint}`).not.toContain('canary');
});

test('with a root of one`s own, it is the root that did not sign', () => {
  const own = { ...login, sslrootcert: { path: '/r.pem', pem: '' } };
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN']) {
    expect(describeTlsFailure(coded(code), own)?.message).toContain('signed by nobody in /r.pem');
  }
});

test('names in a certificate are shown as text, and not without end', () => {
  const cert = { subjectaltname: `DNS:\u001b[31mred\n${'x'.repeat(10_000)}` };
  const message = describeTlsFailure(coded('ERR_TLS_CERT_ALTNAME_INVALID', { cert }), login)?.message ?? '';
  expect(message).toContain('DNS:?[31mred?xxx');
  expect(message.length).toBeLessThan(400);
});

test.each([coded('ECONNREFUSED'), coded('28P01'), coded('constructor'), new Error('x'), 'EPROTO', null, undefined])(
  'another failure is not taken for one of TLS: %s',
  (error) => {
    expect(describeTlsFailure(error, login)).toBeNull();
  },
);
