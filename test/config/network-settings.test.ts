import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseNetwork, networkSettings } from '../../src/config/network-settings.ts';
import { newAuthority } from '../support/certificates.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const choose = (env: Record<string, string>) => chooseNetwork(networkSettings(env));

test('where nothing is said, or only what Node reads itself, the way is Node’s own', () => {
  expect(choose({})).toBeNull();
  expect(choose({ HTTPS_PROXY: '', https_proxy: ' ', NO_PROXY: '*', NODE_EXTRA_CA_CERTS: '/nowhere' })).toBeNull();
});

test.each([
  [{ HTTPS_PROXY: 'http://proxy.test:3128' }, null, 'http://proxy.test:3128'],
  [{ HTTPS_PROXY: 'proxy.test' }, null, 'http://proxy.test:80'],
  [{ https_proxy: 'https://proxy.test', HTTPS_PROXY: 'http://other.test' }, null, 'https://proxy.test:443'],
  [{ ALL_PROXY: 'http://all.test:1', http_proxy: 'http://one.test:2' }, 'http://one.test:2', 'http://all.test:1'],
])('%j is read as curl reads it', (env, http, https) => {
  const network = choose(env as Record<string, string>);
  expect([network?.proxies.http?.origin ?? null, network?.proxies.https?.origin]).toEqual([http, https]);
});

test.each(['socks5://proxy.test:1080', 'http://', 'http://user:canary%@proxy.test'])(
  '%s is refused by the name of its variable, without its value',
  (value) => {
    let told = '';
    try {
      choose({ https_proxy: value });
    } catch (error) {
      told = JSON.stringify(error) + String(error);
    }
    expect(told).toContain('https_proxy');
    expect(told).toContain('config.invalid');
    expect(told).not.toMatch(/canary|config unset/);
  },
);

test('SSL_CERT_FILE is whom to trust, NODE_EXTRA_CA_CERTS adds to it, and keys in such files stay there', async () => {
  const [one, other] = [newAuthority('One'), newAuthority('Other')];
  await withTemporaryFolder((folder) => {
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const first = file('one.pem', `${one.key}\n${one.certificate}`);
    const second = file('other.pem', other.certificate);
    const roots = choose({ SSL_CERT_FILE: first, NODE_EXTRA_CA_CERTS: second })?.roots;
    expect(roots).toBe(`${one.certificate.trim()}\n${other.certificate.trim()}`);
    expect(choose({ SSL_CERT_FILE: first, NODE_EXTRA_CA_CERTS: '/nowhere' })?.roots).toBe(one.certificate.trim());
    expect(() => choose({ SSL_CERT_FILE: join(folder, 'none') })).toThrow('SSL_CERT_FILE is not a file that can be');
    expect(() => choose({ SSL_CERT_FILE: file('empty', 'nothing') })).toThrow('SSL_CERT_FILE is not a file of cert');
  });
});
