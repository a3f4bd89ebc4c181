import { accessOf, accountsOf } from '../../domain/access.ts';
import { AUTH_PATHS, PASSWORD_FIELD, registrationFields, resourcePath } from '../../domain/rest.ts';
import { parentLinks, sampleInput } from '../../domain/sample.ts';
import type { Accounts, Column, Schema, Table } from '../../domain/schema.ts';
import { type Answer, as, type Row, type Talk } from './talk.ts';

/** Somebody who has registered. */
export interface Person {
  /** What was sent, the password among it. */
  readonly input: Row;
  /** Its row as it was answered. */
  readonly row: Row;
  readonly path: string;
  readonly created: Answer;
  readonly refreshToken: string;
  /** Speaks with its access token. */
  readonly talk: Talk;
}

/** Gives an account a role that may do everything, past the API. */
export type Promote = (key: string | number) => Promise<void>;

const MAX_TRIES = 4;
/** Far from the indexes of rows: whose rows nobody's are tied to. */
const STRANGER = 1000;

/** The people of a verification, registered when they are asked for first. */
export class People {
  readonly accounts: Accounts;
  readonly table: Table;
  readonly key: Column;
  readonly #schema: Schema;
  readonly #talk: Talk;
  readonly #promote: Promote | undefined;
  readonly #nextSeed: () => number;
  readonly #known = new Map<number | 'admin', Promise<Person>>();

  /** Null where nobody signs in. */
  static of(schema: Schema, talk: Talk, promote: Promote | undefined, nextSeed: () => number): People | null {
    return schema.accounts && accountsOf(schema) ? new People(schema, schema.accounts, talk, promote, nextSeed) : null;
  }

  private constructor(
    schema: Schema,
    accounts: Accounts,
    talk: Talk,
    promote: Promote | undefined,
    nextSeed: () => number,
  ) {
    const found = accountsOf(schema);
    if (!found) throw new RangeError('there are no accounts');
    this.accounts = accounts;
    this.table = found.table;
    this.key = found.key;
    this.#schema = schema;
    this.#talk = talk;
    this.#promote = accounts.role !== null && accounts.admins.length > 0 ? promote : undefined;
    this.#nextSeed = nextSeed;
  }

  /** Person 0 makes most rows; others are for rows that refer to two. */
  get(index: number): Promise<Person> {
    return this.#remember(index, () => this.register());
  }

  /** Somebody has another password and other tokens by now. */
  async renew(index: number, answer: Answer, password: string): Promise<void> {
    const before = await this.get(index);
    const now = this.adopt({ ...before.input, [PASSWORD_FIELD]: password }, answer, 200);
    this.#known.set(index, Promise.resolve({ ...now, created: before.created }));
  }

  /** Somebody nothing belongs to. */
  stranger(): Promise<Person> {
    return this.get(STRANGER);
  }

  /** Somebody who may do everything; null when nobody here can make one. */
  admin(): Promise<Person> | null {
    const promote = this.#promote;
    if (!promote) return null;
    return this.#remember('admin', async () => {
      const person = await this.register();
      const key = person.row[this.key.name];
      await promote(typeof key === 'number' ? key : String(key));
      return person;
    });
  }

  /** Only administrators can make its rows, or those its rows need. */
  isForAdmins(table: Table, seen: readonly Table[] = []): boolean {
    if (accessOf(table, this.#schema).write === 'admins') return true;
    return parentLinks(table).some((link) => {
      const parent = this.#schema.tables.find(({ name }) => name === link.table);
      if (!parent || link.optional || parent === this.table || seen.includes(parent)) return false;
      const isHidden = accessOf(parent, this.#schema).read === 'owner';
      const isMissing = !this.#promote && this.isForAdmins(parent, [...seen, table]);
      return isMissing || (isHidden && this.isForAdmins(parent, [...seen, table]));
    });
  }

  /** Who makes the rows of a table. Null when nobody here may. */
  async makerOf(table: Table): Promise<Person | null> {
    return this.isForAdmins(table) ? this.admin() : this.get(0);
  }

  /** A body nobody has registered with. */
  body(): Row {
    const seed = this.#nextSeed();
    const sample = sampleInput(this.table, this.#schema, seed, {});
    const fields = registrationFields(this.#schema).flatMap(({ name, column, hashed }) => {
      if (hashed) return [[PASSWORD_FIELD, `correct-horse-battery-${seed}`]];
      const value = sample[name] ?? sample[column.name];
      return value === undefined ? [] : [[name, value]];
    });
    return Object.fromEntries(fields);
  }

  /** Throws what the backend answered. */
  async register(): Promise<Person> {
    for (let attempt = 1; ; attempt += 1) {
      const input = this.body();
      const created = await this.#talk('POST', AUTH_PATHS.register, { json: input });
      if (created.status === 409 && attempt < MAX_TRIES) continue;
      return this.adopt(input, created);
    }
  }

  /** Who an answer signs in. Throws when it does not. */
  adopt(input: Row, created: Answer, status = 201): Person {
    const { account, accessToken, refreshToken, tokenType, expiresIn } = created.expectRow(status);
    const isRow = typeof account === 'object' && account !== null;
    created.expect(isRow, '"account" is not the row of the account');
    const isPair = typeof accessToken === 'string' && typeof refreshToken === 'string';
    created.expect(isPair && tokenType === 'Bearer' && Number(expiresIn) > 0, 'lacks the tokens');
    const row: Row = isRow ? { ...account } : {};
    const path = `${resourcePath(this.table)}/${encodeURIComponent(String(row[this.key.name]))}`;
    return { input, row, path, created, refreshToken: String(refreshToken), talk: as(this.#talk, String(accessToken)) };
  }

  /** Everybody who is there, in the order they came. */
  async everybody(): Promise<readonly Person[]> {
    const settled = await Promise.allSettled(this.#known.values());
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  #remember(name: number | 'admin', make: () => Promise<Person>): Promise<Person> {
    const known = this.#known.get(name) ?? make();
    this.#known.set(name, known);
    return known;
  }
}
