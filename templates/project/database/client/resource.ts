import type { Options, Send } from './transport.ts';

/** A part of a list. */
export interface Page<Row> {
  readonly data: readonly Row[];
  /** For `cursor` of the next request; null at the end. */
  readonly nextCursor: string | null;
  /** How many rows there are in all, when `count` asked for it. */
  readonly total?: number;
}

/** Values that are the same or not. */
export type EqualFilter<T> =
  | T
  | { readonly eq?: T; readonly ne?: T; readonly in?: readonly T[]; readonly null?: boolean };

/** Values with an order: numbers and times. */
export type OrderedFilter<T> =
  | EqualFilter<T>
  | {
      readonly eq?: T;
      readonly ne?: T;
      readonly in?: readonly T[];
      readonly gt?: T;
      readonly gte?: T;
      readonly lt?: T;
      readonly lte?: T;
      readonly null?: boolean;
    };

/** Texts; `like` knows `%` and `_`. */
export type TextFilter = OrderedFilter<string> | { readonly like?: string };

/** What a list is ordered by: its columns, downwards with a `-`. */
export type Sorted<Where> = (keyof Where & string) | `-${keyof Where & string}`;

/** What lists of a table are made of. */
export interface Listed {
  readonly row: object;
  /** What `include` adds to a row. */
  readonly relations: object;
  readonly where: object;
  readonly sort: string;
}

/** The types of a table. */
export interface Shapes extends Listed {
  readonly key: unknown;
  readonly create: unknown;
  readonly replace: unknown;
  readonly patch: unknown;
  /** Lists below a row. */
  readonly nested: Readonly<Record<string, Listed>>;
}

/** What a row is asked. */
export interface RowQuery<Field, Include> extends Options {
  /** The only fields to answer. */
  readonly fields?: readonly Field[];
  /** What belongs to the row and is answered with it. */
  readonly include?: readonly Include[];
}

/** What a list is asked. */
export interface ListQuery<L extends Listed, Field, Include> extends RowQuery<Field, Include> {
  readonly where?: L['where'];
  /** What to order by, `-` downwards. */
  readonly sort?: readonly L['sort'][];
  /** 1 to 100; 20 by default. */
  readonly limit?: number;
  readonly offset?: number;
  readonly cursor?: string | null;
  readonly count?: boolean;
}

export interface CreateOptions extends Options {
  /** Takes effect once, however often it is sent with this key: a UUID for example. */
  readonly idempotencyKey?: string;
}

export interface WriteOptions extends Options {
  /** The version that may be changed: the `etag` of `getVersion`. 412 when it is another by now. */
  readonly ifMatch?: string | null;
}

/** A row of the fields F with the relations I. */
type Chosen<L extends Listed, F extends keyof L['row'], I extends keyof L['relations']> = Pick<
  L['row'],
  F
> &
  Pick<L['relations'], I>;

/** A row and its version. */
export interface Versioned<Row> {
  readonly row: Row;
  readonly etag: string | null;
}

/** Reading. */
export interface Readable<S extends Shapes> {
  list<F extends keyof S['row'] = keyof S['row'], I extends keyof S['relations'] = never>(
    query?: ListQuery<S, F, I>,
  ): Promise<Page<Chosen<S, F, I>>>;
  get<F extends keyof S['row'] = keyof S['row'], I extends keyof S['relations'] = never>(
    key: S['key'],
    query?: RowQuery<F, I>,
  ): Promise<Chosen<S, F, I>>;
  /** The row with its version, for `ifMatch`. */
  getVersion(key: S['key'], options?: Options): Promise<Versioned<S['row']>>;
  /** The rows that belong to a row. */
  listOf<
    N extends keyof S['nested'],
    F extends keyof S['nested'][N]['row'] = keyof S['nested'][N]['row'],
    I extends keyof S['nested'][N]['relations'] = never,
  >(
    key: S['key'],
    name: N,
    query?: ListQuery<S['nested'][N], F, I>,
  ): Promise<Page<Chosen<S['nested'][N], F, I>>>;
}

/** New rows. */
export interface Creatable<S extends Shapes> {
  create(row: S['create'], options?: CreateOptions): Promise<S['row']>;
  /** All of them or none; up to 100. */
  createMany(rows: readonly S['create'][], options?: CreateOptions): Promise<readonly S['row'][]>;
}

/** Changes. */
export interface Changeable<S extends Shapes> {
  /** Writes the whole row anew. */
  replace(key: S['key'], row: S['replace'], options?: WriteOptions): Promise<S['row']>;
  /** Changes what is given. */
  update(key: S['key'], patch: S['patch'], options?: WriteOptions): Promise<S['row']>;
}

/** The end of rows. */
export interface Removable<S extends Shapes> {
  delete(key: S['key'], options?: WriteOptions): Promise<void>;
}

type Table<S extends Shapes> = Readable<S> & Creatable<S> & Changeable<S> & Removable<S>;

/** The methods of a table. `keys` are the columns of its key, in the order they have in the path. */
export function table<S extends Shapes>(
  send: Send,
  path: string,
  keys: readonly string[],
): Table<S> {
  const rowPath = (key: S['key']): string => {
    const parts =
      typeof key === 'object' && key !== null ? keys.map((name) => Reflect.get(key, name)) : [key];
    return [path, ...parts.map((part) => encodeURIComponent(String(part)))].join('/');
  };
  // What an answer holds is what the server's own description of the API says.
  const ask = async <T>(...[call]: Parameters<Send>): Promise<T> => (await send(call)).body as T;
  const change = <T>(
    method: 'PUT' | 'PATCH' | 'DELETE',
    key: S['key'],
    body: unknown,
    options: WriteOptions = {},
  ) => {
    const { ifMatch, signal } = options;
    const headers = { 'if-match': ifMatch ?? undefined };
    return ask<T>({ method, path: rowPath(key), body, headers, ...(signal && { signal }) });
  };
  const make = <T>(body: unknown, { idempotencyKey, signal }: CreateOptions = {}) =>
    ask<T>({
      method: 'POST',
      path,
      body,
      headers: { 'idempotency-key': idempotencyKey },
      ...(signal && { signal }),
    });
  const read = <T>(from: string, { signal, ...query }: Options = {}) =>
    ask<T>({ method: 'GET', path: from, query, ...(signal && { signal }) });
  return {
    list: (query) => read(path, query),
    get: (key, query) => read(rowPath(key), query),
    getVersion: async (key, options = {}) => {
      const { body, etag } = await send({ method: 'GET', path: rowPath(key), ...options });
      return { row: body as S['row'], etag };
    },
    listOf: (key, name, query) =>
      read(`${rowPath(key)}/${String(name).replaceAll('_', '-')}`, query),
    create: (row, options) => make(row, options),
    createMany: async (rows, options) =>
      (await make<{ readonly data: S['row'][] }>(rows, options)).data,
    replace: (key, row, options) => change('PUT', key, row, options),
    update: (key, patch, options) => change('PATCH', key, patch, options),
    delete: (key, options) => change('DELETE', key, undefined, options),
  };
}
