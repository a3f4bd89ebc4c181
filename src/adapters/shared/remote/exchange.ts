import { fetchThrough } from '../network/fetch-through.ts';
import { ProxyFailure } from '../network/proxy-failure.ts';
import type { RemoteAnswer, RemoteClientOptions, RemoteOrder } from './contract.ts';

/** What came of one request: an answer, or why there is none. */
export type Exchange =
  | { readonly answer: RemoteAnswer; readonly broken?: never; readonly timeoutMs: number }
  | { readonly answer?: never; readonly broken: Broken; readonly timeoutMs: number };

/** `proxy`: it does not carry us. `slow`: nothing, or not all of it, came in time. `huge`: more came than an answer may have. */
export type Broken =
  | { readonly why: 'slow' | 'huge' }
  | { readonly why: 'proxy'; readonly failure: ProxyFailure }
  | { readonly why: 'network'; readonly code: string | null; readonly message: string };

const MAX_BYTES = 32 * 1024 * 1024;

/** Sends a request once and reads its answer whole. Throws only what `authorize` throws. */
export async function exchange(options: RemoteClientOptions, order: RemoteOrder, timeoutMs: number): Promise<Exchange> {
  const controller = new AbortController();
  const request = await requestOf(options, order);
  let broken: Broken | null = null;
  const giveUp = (why: 'slow' | 'huge') => {
    broken ??= { why };
    controller.abort();
  };
  const timer = setTimeout(() => giveUp('slow'), timeoutMs);
  try {
    const send = await fetchThrough(options.network ?? null);
    const response = await send(request.url, { ...request.init, redirect: 'manual', signal: controller.signal });
    const bytes = await readBody(response, options.maxBytes ?? MAX_BYTES, () => giveUp('huge'));
    const headers = Object.fromEntries([...response.headers].map(([name, value]) => [name.toLowerCase(), value]));
    return { answer: { status: response.status, headers, json: parse(bytes), bytes }, timeoutMs };
  } catch (error) {
    return { broken: broken ?? networkFailure(error), timeoutMs };
  } finally {
    clearTimeout(timer);
  }
}

async function requestOf(options: RemoteClientOptions, order: RemoteOrder) {
  const url = new URL(`${options.baseUrl.replace(/\/+$/, '')}${order.path}`);
  for (const [name, value] of Object.entries(order.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const { method } = order;
  const body = order.json === undefined ? (order.body ?? null) : JSON.stringify(order.json);
  const plain: Readonly<Record<string, string>> = {
    ...(order.expect === 'bytes' ? {} : { accept: 'application/json' }),
    'user-agent': 'turbobackend',
    ...(order.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...lowerCase(options.headers),
    ...lowerCase(order.headers ?? {}),
  };
  const signed = options.authorize ? await options.authorize({ method, url, headers: plain, body }) : {};
  return { url, init: { method, headers: { ...plain, ...lowerCase(signed) }, body } };
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function readBody(response: Response, maxBytes: number, onHuge: () => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) {
      onHuge();
      throw new RangeError('too large');
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** fetch says `fetch failed`; what failed is in its cause. */
function networkFailure(error: unknown): Broken {
  if (error instanceof ProxyFailure) return { why: 'proxy', failure: error };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return { why: 'network', code, message: cause instanceof Error ? cause.message : String(cause) };
}
