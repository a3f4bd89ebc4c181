import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import type { Login } from '../../src/domain/database.ts';
import { hasSecret, withLogin, withoutLogin, withSecret } from '../../src/domain/environment-file.ts';

const login: Login = {
  host: '127.0.0.1',
  port: 5433,
  database: 'db',
  user: 'app',
  password: 'p-_x#y',
  sslmode: 'require',
};
const values = {
  DB_HOST: '127.0.0.1',
  DB_PORT: '5433',
  DB_NAME: 'db',
  DB_USER: 'app',
  DB_PASSWORD: 'p-_x#y',
  DATABASE_URL: 'postgres://app:p-_x%23y@127.0.0.1:5433/db?uselibpqcompat=true&sslmode=require',
};

test('what is written is what Node reads', () => {
  expect(parseEnv(withLogin(null, login))).toEqual(values);
});

test('lines of a person stay, before and after our block, and a second time changes nothing', () => {
  const once = withLogin('API_KEY=mine\n\n# my note\nPORT=8080\n', login);
  expect(parseEnv(once)).toEqual({ ...values, API_KEY: 'mine', PORT: '8080' });
  expect(once).toContain('# my note');
  expect(withLogin(once, login)).toBe(once);
});

test('our block goes, and what a person wrote stays; a file that was ours alone is empty', () => {
  expect(withoutLogin(withLogin(null, login))).toBe('');
  expect(withoutLogin(withLogin('API_KEY=mine\n\n# my note\n', login))).toBe('API_KEY=mine\n\n# my note\n');
  for (const own of ['API_KEY=mine', '', '# >>> turbobackend, cut']) expect(withoutLogin(own)).toBe(own);
});

test('a new password replaces the old one and nothing else', () => {
  const changed = withLogin(`A=1\n${withLogin(null, login)}B=2\n`, { ...login, password: 'new' });
  expect(parseEnv(changed)).toMatchObject({ DB_PASSWORD: 'new', A: '1', B: '2' });
  expect(changed).not.toContain('p-_x');
});

test.each(['"', '$', '`', '\\', '\n'])(
  'a value with %j is refused, since readers of .env disagree about it',
  (evil) => {
    expect(() => withLogin(null, { ...login, password: `a${evil}b` })).toThrow(RangeError);
  },
);

test('what signs tokens is made once, and outlives a new login; without our block it goes', () => {
  const made = withSecret(withLogin('A=1\n', login));
  const { APP_SECRET = '' } = parseEnv(made);
  expect(APP_SECRET).toMatch(/^[\w-]{43}$/);
  expect(withSecret(made)).toBe(made);
  const renewed = withLogin(made, { ...login, password: 'new' });
  expect(parseEnv(renewed)).toMatchObject({ APP_SECRET, DB_PASSWORD: 'new', A: '1' });
  expect(withoutLogin(renewed)).toBe('A=1\n');
  expect(parseEnv(withSecret(withLogin(null, login)))).not.toMatchObject({ APP_SECRET });
});

test('a secret of a person is taken as it is, and a name without a value is filled in', () => {
  const own = withLogin('export APP_SECRET = mine\n', login);
  expect(withSecret(own)).toBe(own);
  for (const empty of ['APP_SECRET=', 'APP_SECRET=""', 'APP_SECRET= # later', "export APP_SECRET=''"]) {
    const content = withLogin(`A=1\n${empty}\nB=2\n`, login);
    expect(hasSecret(content)).toBe(false);
    expect(parseEnv(withSecret(content, 'made'))).toEqual({ ...values, A: '1', APP_SECRET: 'made', B: '2' });
  }
  expect(hasSecret('APP_SECRET=mine\nAPP_SECRET=\n')).toBe(false);
  expect(hasSecret('# APP_SECRET=mine\n')).toBe(false);
});
