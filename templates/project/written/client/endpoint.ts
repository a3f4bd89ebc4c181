import type { Call, Options, Send } from './transport.ts';

interface Input {
  readonly path?: object;
  readonly query?: object;
  readonly body?: unknown;
}

/** Asks an endpoint; `{name}` in its path stands for what the input has there. */
export type Ask = <T>(
  method: Call['method'],
  path: string,
  input?: Input,
  options?: Options,
) => Promise<T>;

/** Asks endpoints that are no resources. Rejects as `send` does. */
export function asking(send: Send): Ask {
  return async <T>(
    method: Call['method'],
    path: string,
    { path: parts, query, body }: Input = {},
    options: Options = {},
  ) => {
    const values = new Map<string, unknown>(Object.entries(parts ?? {}));
    const answer = await send({
      method,
      path: path.replace(/\{(\w+)\}/g, (_part, name) =>
        encodeURIComponent(String(values.get(name))),
      ),
      ...(query && { query }),
      ...(body !== undefined && { body }),
      ...options,
    });
    return answer.body as T;
  };
}
