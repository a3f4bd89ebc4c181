/** How requests travel: `fetch`, JSON both ways, failures as errors. Runs in browsers and in Node. */

/** What is wrong with one field of a request. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** An answer that is no success. */
export class ApiError extends Error {
  readonly status: number;
  /** The fields at fault; empty when it is about none. */
  readonly errors: readonly FieldProblem[];
  /** Names the request in the log of the server. */
  readonly requestId: string | null;
  /** When to try again, in seconds; null when the server does not say. */
  readonly retryAfter: number | null;

  constructor(status: number, message: string, errors: readonly FieldProblem[], headers: Headers) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.errors = errors;
    this.requestId = headers.get('x-request-id');
    const retryAfter = headers.get('retry-after');
    this.retryAfter = retryAfter === null ? null : Number(retryAfter);
  }
}

/** What every method takes. */
export interface Options {
  /** Ends the request. */
  readonly signal?: AbortSignal;
}

export interface Call extends Options {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** An answer, with its body as a program holds it. */
export interface Answer {
  readonly body: unknown;
  /** The version of a row, for `ifMatch`. */
  readonly etag: string | null;
}

export type Send = (call: Call) => Promise<Answer>;

export interface ClientOptions {
  /** Where the server is: `https://api.example.com`. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Sends requests to a server. Rejects with ApiError, or as `fetch` does when nothing answers. */
export function transport(options: ClientOptions): Send {
  const { baseUrl, headers: shared = {}, fetch: request = fetch } = options;
  return async ({ method, path, query, body, headers = {}, signal }) => {
    const all = new Headers(shared);
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) all.set(name, value);
    }
    if (body !== undefined) all.set('content-type', 'application/json');
    const answer = await request(baseUrl.replace(/\/+$/, '') + path + queryText(query), {
      method,
      headers: all,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await answer.text();
    if (!answer.ok) throw failure(answer, text);
    return { body: text === '' ? null : JSON.parse(text), etag: answer.headers.get('etag') };
  };
}

/** `{ sort: ['-id'], views: { gte: 10 } }` → `?sort=-id&views[gte]=10`. */
function queryText(query: object = {}): string {
  const { where = {}, ...settings } = query as { readonly where?: object };
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) pairs.push([name, String(value)]);
  }
  for (const [name, filter] of Object.entries(where)) {
    const operators = typeof filter === 'object' && filter !== null ? filter : { eq: filter };
    for (const [operator, value] of Object.entries(operators)) {
      if (value === undefined) continue;
      // A comma would end a value of a list.
      const items = Array.isArray(value) ? value.map((item) => escapeItem(String(item))) : [value];
      pairs.push([`${name}[${operator}]`, items.join(',')]);
    }
  }
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

function escapeItem(item: string): string {
  return item.replace(/[\\,]/g, '\\$&');
}

function failure({ status, statusText, headers }: Response, text: string): ApiError {
  const { detail, errors } = problemIn(text);
  const message =
    typeof detail === 'string' ? detail : statusText || `The server answered ${status}.`;
  return new ApiError(status, message, Array.isArray(errors) ? errors : [], headers);
}

/** Somebody between here and the server may have answered something else. */
function problemIn(text: string): { readonly detail?: unknown; readonly errors?: unknown } {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
