import { expect, test } from 'vitest';
import { proxyFor, readDirectHosts } from '../../src/domain/network.ts';

const proxy = (by: string) => ({ origin: 'http://proxy.test:3128', authorization: null, by });
const proxies = { http: proxy('HTTP_PROXY'), https: proxy('HTTPS_PROXY') };

test.each([
  ['', 'https://api.test/', 'HTTPS_PROXY'],
  ['', 'http://api.test/', 'HTTP_PROXY'],
  ['*', 'https://api.test/', undefined],
  ['api.test', 'https://api.test/', undefined],
  ['API.Test.', 'https://api.test/', undefined],
  ['api.test', 'https://deep.api.test/', undefined],
  ['.api.test', 'https://deep.api.test/', undefined],
  ['*.api.test', 'https://deep.api.test/', undefined],
  ['api.test', 'https://myapi.test/', 'HTTPS_PROXY'],
  ['i.test', 'https://api.test/', 'HTTPS_PROXY'],
  ['other.test,  api.test', 'https://api.test/', undefined],
  ['other.test api.test', 'https://api.test/', undefined],
  ['api.test:443', 'https://api.test/', undefined],
  ['api.test:8443', 'https://api.test/', 'HTTPS_PROXY'],
  ['api.test:8443', 'https://api.test:8443/', undefined],
  ['192.0.2.7', 'https://192.0.2.7/', undefined],
  ['192.0.2.0/24', 'https://192.0.2.7/', undefined],
  ['192.0.2.0/24', 'https://192.0.3.7/', 'HTTPS_PROXY'],
  ['0.0.0.0/0', 'https://192.0.3.7/', undefined],
  ['2.7', 'https://192.0.2.7/', 'HTTPS_PROXY'],
  ['2001:db8::1', 'https://[2001:db8::1]/', undefined],
  ['[2001:db8::1]:443', 'https://[2001:db8::1]/', undefined],
  ['[2001:db8::1]:80', 'https://[2001:db8::1]/', 'HTTPS_PROXY'],
  [',, ,', 'https://api.test/', 'HTTPS_PROXY'],
  ['', 'http://localhost:11434/v1', undefined],
  ['', 'http://127.8.9.1/', undefined],
  ['', 'http://[::1]:3000/', undefined],
  ['', 'http://localhost.api.test/', 'HTTP_PROXY'],
])('NO_PROXY=%j sends what is for %s by %s', (said, url, by) => {
  expect(proxyFor(new URL(url), { proxies, direct: readDirectHosts(said) })?.by).toBe(by);
});
