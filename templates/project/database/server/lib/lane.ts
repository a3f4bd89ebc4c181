import pg from 'pg';
import type { Statement } from './database-errors.ts';
import { type JsonPage, JsonRows } from './json-rows.ts';
import { ObjectRows, SomeRows } from './object-rows.ts';
import { tapRows } from './row-tap.ts';

/** A connection whose rows may be read as JSON. */
export class Client extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    tapRows(this);
  }
}

/** A statement that may be without a name. */
export type Sendable = Omit<Statement, 'name'> & Partial<Pick<Statement, 'name'>>;

/** Runs a SELECT on a connection that is held, and makes something of its rows. Throws errors of the database as they are. */
export type Read<T> = (client: pg.ClientBase, statement: Sendable, values: unknown[]) => Promise<T>;

function objectsOf<R extends object>(
  Rows: typeof ObjectRows<R>,
  client: pg.ClientBase,
  statement: Sendable,
  values: unknown[],
): Promise<R[]> {
  return new Promise((resolve, reject) => {
    const rows = new Rows(statement, values, (error) =>
      error ? reject(error) : resolve(rows.found),
    );
    client.query(rows);
  });
}

/** All rows of one statement on a connection that is held. Throws errors of the database as they are. */
export function runOn<R extends object>(
  client: pg.ClientBase,
  statement: Sendable,
  values: unknown[],
): Promise<R[]> {
  return objectsOf<R>(ObjectRows, client, statement, values);
}

/** Rows as far as there is room for them; MORE is the last when they are too large. */
export function someRows<R extends object>(
  client: pg.ClientBase,
  statement: Sendable,
  values: unknown[],
): Promise<R[]> {
  return objectsOf<R>(SomeRows, client, statement, values);
}

/** A page of `limit` rows of a statement that asks for one more; of their columns the first ones may be shown only. */
export function pageOf(limit: number, shown?: number): Read<JsonPage> {
  return (client, statement, values) =>
    new Promise((resolve, reject) => {
      const rows = new JsonRows(statement, values, { limit, shown }, (error) =>
        error ? reject(error) : resolve(rows.page()),
      );
      client.query(rows);
    });
}

/**
 * A connection shared by many statements: what belongs together is sent at once, and none waits for the answer of another.
 * Opened at first need and again after it broke, with growing pauses while the database stays away.
 */
export class Lane {
  pending = 0;
  isOpen = false;
  #client: Promise<pg.Client> | null = null;
  #failures = 0;
  #retryAt = 0;
  readonly #config: () => pg.ClientConfig;

  constructor(config: () => pg.ClientConfig) {
    this.#config = config;
  }

  async query<R extends object>(statement: Statement, values: unknown[]): Promise<R[]> {
    return this.use((client) => runOn<R>(client, statement, values));
  }

  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    this.pending += 1;
    try {
      return await work(await this.open());
    } finally {
      this.pending -= 1;
    }
  }

  open(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    if (Date.now() < this.#retryAt) return Promise.reject(new Error('no answer a moment ago'));
    const client = new Client(this.#config());
    const opening = client.connect().then(() => {
      this.#failures = 0;
      this.isOpen = true;
      return client;
    });
    const forget = () => {
      if (this.#client !== opening) return;
      this.#client = null;
      this.isOpen = false;
    };
    client.on('error', forget);
    client.on('end', forget);
    opening.catch(() => {
      forget();
      this.#failures += 1;
      this.#retryAt = Date.now() + Math.min(25 * 2 ** this.#failures, 1000);
    });
    this.#client = opening;
    return opening;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    await client?.end();
  }
}
