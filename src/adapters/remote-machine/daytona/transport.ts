import type { RemoteAnswer, RemoteClient, RemoteOrder } from '../../shared/remote/contract.ts';

/** What of a request the generated clients do not know. */
export type CallPolicy = Pick<RemoteOrder, 'idempotent' | 'timeout' | 'accept' | 'expect'>;

/** A request as the generated clients hand it over; axios has made text of a JSON body. */
interface HandedOver {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
}

/** An answer as the generated clients take it; `data` has been judged by nobody. */
interface TakenOver {
  readonly data: unknown;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly config: HandedOver;
}

/**
 * Stands where axios would send: the generated clients write requests, and our own client sends them, with its
 * time-outs, retries and redaction. axios alone waits for ever, follows redirects with the key and keeps the key in
 * every error.
 */
export function transportFor(
  client: RemoteClient,
  baseUrl: string,
  policy: CallPolicy,
): (config: HandedOver) => Promise<TakenOver> {
  return async (config) => {
    const { method = 'get', url = '', data } = config;
    if (!url.startsWith(`${baseUrl}/`)) throw new Error(`a request for another place than ${baseUrl}`);
    const type = headerOf(config.headers, 'content-type');
    const answer = await client.request({
      ...policy,
      method: method.toUpperCase(),
      path: url.slice(baseUrl.length),
      ...(data === undefined || data === null ? {} : { body: bodyOf(data) }),
      headers: type === null ? {} : { 'content-type': type },
    });
    return { data: dataOf(answer, policy), status: answer.status, statusText: '', headers: answer.headers, config };
  };
}

const dataOf = ({ json, bytes, status, headers }: RemoteAnswer, { expect }: CallPolicy): unknown =>
  expect === 'bytes' && status < 400 ? { bytes, type: headers['content-type'] ?? '' } : (json ?? null);

function bodyOf(data: unknown): string | Uint8Array {
  return typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data);
}

function headerOf(headers: HandedOver['headers'], name: string): string | null {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() === name && typeof value === 'string') return value;
  }
  return null;
}
