import { expect, test } from 'vitest';
import { type Login, libpqUrl, loginUrl } from '../../src/domain/database.ts';

const login: Login = { host: '::1', port: 5433, database: 'd b', user: 'u', password: 'p@%' };
const sslrootcert = { path: '/etc/our certs/r&d.pem', pem: 'x' };
const base = 'postgres://u:p%40%25@[::1]:5433/d%20b';
const root = 'sslrootcert=/etc/our%20certs/r%26d.pem';

test.each<[string, Partial<Login>, { forNode: string; forLibpq: string }]>([
  ['nothing', {}, { forNode: '', forLibpq: '' }],
  ['disable', { sslmode: 'disable' }, { forNode: '', forLibpq: '' }],
  [
    'require',
    { sslmode: 'require' },
    { forNode: '?uselibpqcompat=true&sslmode=require', forLibpq: '?sslmode=require' },
  ],
  [
    'verify-ca',
    { sslmode: 'verify-ca', sslrootcert },
    { forNode: `?uselibpqcompat=true&sslmode=verify-ca&${root}`, forLibpq: `?sslmode=verify-ca&${root}` },
  ],
  [
    'verify-full',
    { sslmode: 'verify-full', sslrootcert },
    { forNode: `?sslmode=verify-full&${root}`, forLibpq: `?sslmode=verify-full&${root}` },
  ],
  [
    'verify-full by public authorities',
    { sslmode: 'verify-full' },
    { forNode: '?sslmode=verify-full', forLibpq: '?sslmode=verify-full&sslrootcert=system' },
  ],
])('a URL makes the same demand of TLS as the login: %s', (_name, tls, { forNode, forLibpq }) => {
  expect(loginUrl({ ...login, ...tls })).toBe(base + forNode);
  expect(libpqUrl({ ...login, ...tls })).toBe(base + forLibpq);
});
