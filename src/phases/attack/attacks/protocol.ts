import { OPENAPI_PATH, resourcePath } from '../../../domain/rest.ts';
import type { WirePart } from '../../../ports/wire.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';
import type { Strike } from '../talk.ts';

interface Malformed {
  readonly name: string;
  readonly parts: (host: string, path: string) => readonly WirePart[];
  readonly isQuick?: boolean;
}

const CANARY = 'x-injected-canary';

const get = (target: string, host: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n${more}connection: close\r\n\r\n`;
const post = (path: string, host: string, headers: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;
const raw = (name: string, text: (host: string, path: string) => string, isQuick = false): Malformed => ({
  name,
  parts: (host, path) => [text(host, path)],
  isQuick,
});

/** Whatever comes back, no error of the server, no header of ours, and the server stays. */
const MALFORMED: readonly Malformed[] = [
  raw(
    'a lone newline',
    (host, path) => `POST ${path} HTTP/1.1\nhost: ${host}\ncontent-length: 2\n\n{}${get('/health', host)}`,
  ),
  raw(
    'a body that is no UTF-8',
    (host, path) => post(path, host, 'content-length: 10\r\nconnection: close', '{"a":"\xff\xfe"}'),
    true,
  ),
  raw('no HTTP', () => 'hello\r\n\r\n'),
  raw('TLS to a plain port', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  raw(
    'TRACE',
    (host, path) => `TRACE ${path} HTTP/1.1\r\nhost: ${host}\r\n${CANARY}: 1\r\nconnection: close\r\n\r\n`,
    true,
  ),
  raw('CONNECT', (host) => `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`, true),
  raw('a method of its own', (host, path) => `STEAL ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
  raw(
    'a method in small letters',
    (host, path) => `get ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
  ),
  raw('HTTP/1.0 and no host', (_, path) => `GET ${path} HTTP/1.0\r\n\r\n`),
  raw('ranges', (host, path) => get(path, host, `range: bytes=${'0-,'.repeat(500)}0-\r\n`)),
  raw('HTTP/0.9', (_, path) => `GET ${path}\r\n\r\n`),
  raw('HTTP/9.9', (host, path) => `GET ${path} HTTP/9.9\r\nhost: ${host}\r\n\r\n`),
  raw('no host', (_, path) => `GET ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`),
  raw('two hosts', (host, path) => get(path, host, 'host: other.example\r\n')),
  raw('an absolute target', (host, path) => get(`http://other.example${path}`, host), true),
  raw('a target of a file', (host) => get('file:///etc/passwd', host)),
  raw('no target', (host) => get('*', host)),
  raw('a target without a slash', (host) => get('posts', host)),
  raw('double slashes', (host, path) => get(`//${path}`, host)),
  raw('a host in the path', (host, path) => get(`//other.example${path}`, host)),
  raw('broken percent signs', (host, path) => get(`${path}/%zz%`, host), true),
  raw('raw bytes in the path', (host, path) => get(`${path}/\xff\xfe`, host)),
  raw('a NUL in the path', (host, path) => get(`${path}/a\0b`, host)),
  raw('a NUL in a header', (host, path) => get(path, host, 'x-a: a\0b\r\n')),
  raw('a folded header', (host, path) => get(path, host, 'x-a: a\r\n b\r\n')),
  raw('a header without a name', (host, path) => get(path, host, ': a\r\n')),
  raw('a blank before the colon', (host, path) => get(path, host, 'content-length : 0\r\n')),
  raw('a long path', (host, path) => get(`${path}/${'a'.repeat(100_000)}`, host)),
  raw('a long query', (host, path) => get(`${path}?a=${'a'.repeat(14_000)}`, host), true),
  raw('a long header', (host, path) => get(path, host, `x-a: ${'a'.repeat(100_000)}\r\n`)),
  raw('3,000 headers', (host, path) =>
    get(path, host, Array.from({ length: 3000 }, (_, at) => `x${at}: 1\r\n`).join('')),
  ),
  raw('2,000 parameters', (host, path) => get(`${path}?${'a=1&'.repeat(2000)}`, host), true),
  raw('deep parameters', (host, path) => get(`${path}?a${'[b]'.repeat(1000)}=1`, host)),
  raw('a length that is none', (host, path) => post(path, host, 'content-length: abc', '{}')),
  raw('a negative length', (host, path) => post(path, host, 'content-length: -1', '{}')),
  raw('a length of 2^64', (host, path) => post(path, host, 'content-length: 18446744073709551616', '{}')),
  raw('a longer body than it says', (host, path) =>
    post(path, host, 'content-length: 2\r\nconnection: close', '{}{}{}'),
  ),
  raw('a broken chunk', (host, path) => post(path, host, 'transfer-encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n')),
  raw('a chunk of 2^60', (host, path) => post(path, host, 'transfer-encoding: chunked', 'fffffffffffffff\r\n{}')),
  raw('chunks with extensions', (host, path) =>
    post(path, host, 'transfer-encoding: chunked', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  ),
  raw(
    'a body of GET',
    (host, path) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
  ),
  raw('an upgrade', (host, path) =>
    get(path, host, 'upgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n'),
  ),
  raw('an expectation', (host, path) =>
    post(path, host, 'expect: 200-maybe\r\ncontent-length: 2\r\nconnection: close', '{}'),
  ),
];

/** Two readings of where a request ends. The second request must never be answered as one of its own. */
const SMUGGLED: readonly Malformed[] = [
  raw(
    'length and chunks',
    (host, path) =>
      post(path, host, 'content-length: 4\r\ntransfer-encoding: chunked', `0\r\n\r\n${get('/health', host)}`),
    true,
  ),
  raw('two lengths', (host, path) =>
    post(path, host, 'content-length: 2\r\ncontent-length: 40', `{}${get('/health', host)}`),
  ),
  // Refused before its body is read, which is no request then.
  raw('a request in the body of one without a token', (host, path) => {
    const inner = get('/health', host);
    return post(`${path}/nobody/nothing`, host, `content-length: ${inner.length}`, inner);
  }),
  raw('two encodings', (host, path) =>
    post(path, host, 'transfer-encoding: chunked\r\ntransfer-encoding: identity', `0\r\n\r\n${get('/health', host)}`),
  ),
  raw('an encoding with a tab', (host, path) =>
    post(path, host, 'transfer-encoding:\x0bchunked\r\ncontent-length: 2', `{}${get('/health', host)}`),
  ),
];

/** Header lines in whatever may be copied into an answer. */
const SPLITS: readonly Malformed[] = [
  raw('CRLF in the query', (host, path) => get(`${path}?sort=a%0d%0a${CANARY}:%201`, host), true),
  raw('CRLF in the path', (host, path) => get(`${path}/a%0d%0a${CANARY}:%201`, host), true),
  raw('CRLF in the request id', (host, path) => get(path, host, `x-request-id: a%0d%0a${CANARY}: 1\r\n`)),
  raw('a lone CR in the request id', (host, path) => get(path, host, `x-request-id: a\r${CANARY}: 1\r\n`)),
  raw('CRLF in the origin', (host, path) => get(path, host, `origin: http://a%0d%0a${CANARY}: 1\r\n`)),
  raw('newlines in Unicode', (host, path) => get(`${path}?sort=%E5%98%8A%E5%98%8D${CANARY}:%201`, host)),
];

/** Requests that no client would send. */
export async function breakProtocol(scene: Scene): Promise<void> {
  const { isFull, strike, report, field, stock } = scene;
  const { host } = new URL(field.base);
  const given = field.order.operations?.find(({ needsAccount }) => !needsAccount)?.path.replaceAll(/[{}]/g, '');
  const path = stock.tables[0] ? resourcePath(stock.tables[0]) : (given ?? OPENAPI_PATH);
  const chosen = (list: readonly Malformed[]) => (isFull ? list : list.filter(({ isQuick }) => isQuick));
  const send = ({ name, parts }: Malformed, until: NonNullable<Strike['until']>) =>
    strike({ name: `a request with ${name}`, parts: parts(host, path), until });
  await each([...chosen(MALFORMED), ...chosen(SPLITS)], async (malformed) => {
    const reply = await send(malformed, 'answer');
    const isTrace = malformed.name === 'TRACE' && reply.body.includes(CANARY);
    if (isTrace) report('method-confused', 'TRACE', 'TRACE repeats the request.', reply);
    if (CANARY in reply.headers)
      report('header-injected', reply.shot.path, 'The header of the request is one of the answer.', reply);
    const location = reply.headers.location ?? '';
    if (location.includes('other.example'))
      report('host-obeyed', reply.shot.path, `The answer leads to ${location}.`, reply);
  });
  await each(chosen(SMUGGLED), async (malformed) => {
    const reply = await send(malformed, 'answer');
    if (!reply.body.includes('HTTP/1.1 200') && !(reply.isGood && reply.row()?.status === 'ok')) return;
    report('smuggling', reply.shot.path, 'A second request inside the body was answered.', reply);
  });
}
