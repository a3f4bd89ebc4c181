/** How requests travel: `fetch`, JSON both ways, failures as errors. Runs in browsers and in Node. */

/** An answer that is no success. */
export class ApiError extends Error {
  readonly status: number;
  /** What was answered, as it was read: JSON where it was some, otherwise text. */
  readonly body: unknown;
  /** When to try again, in seconds; null when the server does not say. */
  readonly retryAfter: number | null;

  constructor({ status, statusText, headers }: Response, body: unknown) {
    super(statusText || `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
    const retryAfter = headers.get('retry-after');
    this.retryAfter = retryAfter === null ? null : Number(retryAfter);
  }
}

/** What every operation takes. */
export interface Options {
  /** Ends the request. */
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClientOptions {
  /** Where the server is: `https://api.example.com`. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Stands in `Authorization` of each request; null: nobody is signed in. */
  readonly authorization?: () => string | null;
  /** Another `fetch`. */
  readonly fetch?: typeof fetch;
}

interface Input {
  readonly path?: object;
  readonly query?: object;
  readonly body?: unknown;
}

/** Asks an operation; `{name}` in its path stands for what the input has there. */
export type Ask = <T>(method: string, path: string, input?: Input, options?: Options) => Promise<T>;

/** Sends requests to a server. Rejects with ApiError, or as `fetch` does when nothing answers. */
export function transport(settings: ClientOptions): Ask {
  const { baseUrl, headers: shared, authorization, fetch: request = fetch } = settings;
  return async (method, path, { path: parts, query, body } = {}, { headers, signal } = {}) => {
    const all = new Headers({ ...shared, ...headers });
    const token = authorization?.() ?? null;
    if (token !== null) all.set('authorization', token);
    if (body !== undefined) all.set('content-type', 'application/json');
    const answer = await request(baseUrl.replace(/\/+$/, '') + filled(path, parts) + text(query), {
      method,
      headers: all,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const said = read(await answer.text());
    if (!answer.ok) throw new ApiError(answer, said);
    return said;
  };
}

function filled(path: string, parts: object = {}): string {
  const values = new Map<string, unknown>(Object.entries(parts));
  return path.replace(/\{(\w+)\}/g, (_part, name) => encodeURIComponent(String(values.get(name))));
}

/** `{ tag: ['a', 'b'], limit: 10 }` → `?tag=a&tag=b&limit=10`. */
function text(query: object = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    const values = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== undefined).map((one) => [name, String(one)]);
  });
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** Nothing for an empty body. Somebody between here and the server may answer what is no JSON. */
function read(body: string) {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    return body;
  }
}
