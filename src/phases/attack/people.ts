import { accountsOf } from '../../domain/access.ts';
import { AUTH_PATHS, resourcePath } from '../../domain/rest.ts';
import { sampleInput } from '../../domain/sample.ts';
import type { Accounts, Column, Schema, Table } from '../../domain/schema.ts';
import type { Field } from './field.ts';
import type { Person } from './person.ts';
import type { Reply } from './reply.ts';
import type { Row } from './row.ts';
import type { Talk } from './talk.ts';

/** Who plays which part. */
export interface Cast {
  /** Whose rows are attacked. */
  readonly victim: Person;
  readonly attacker: Person;
  /** Of an account with a role of admins; null where there is none, or nobody to give it. */
  readonly admin: Person | null;
}

const MAX_TRIES = 4;

/** Registers people, and takes them away again. */
export class People {
  readonly #field: Field;
  readonly #talk: Pick<Talk, 'fire'>;
  readonly accounts: Accounts;
  readonly table: Table;
  readonly key: Column;
  #made: readonly Person[] = [];
  #seed: number;
  #cast: Cast | null = null;

  constructor(
    field: Field,
    talk: Pick<Talk, 'fire'>,
    accounts: Accounts,
    { table, key }: { table: Table; key: Column },
  ) {
    this.#field = field;
    this.#talk = talk;
    this.accounts = accounts;
    this.table = table;
    this.key = key;
    this.#seed = Math.floor(field.chance.next() * 1_000_000);
  }

  get cast(): Cast {
    if (!this.#cast) throw new Error('Nobody has registered yet.');
    return this.#cast;
  }

  /** Registers the cast; null when the backend lets nobody register. */
  async gather(): Promise<Cast | null> {
    const wantsAdmin = this.accounts.admins.length > 0 && this.#field.order.accounts?.promote !== undefined;
    const names = ['the victim', 'the attacker', ...(wantsAdmin ? ['the admin'] : [])];
    const [victim, attacker, admin] = await Promise.all(names.map((name) => this.register(name)));
    if (!victim || !attacker) return null;
    if (admin) await this.#field.order.accounts?.promote?.(admin.key);
    this.#cast = { victim, attacker, admin: admin ?? null };
    return this.#cast;
  }

  /** A body that registers somebody new. */
  body(password: string = this.newPassword()): Record<string, unknown> {
    this.#seed += 1;
    const body = sampleInput(this.table, this.#field.schema, this.#seed, {});
    for (const column of this.table.columns.filter(({ name }) => name === this.accounts.password)) {
      delete body[column.name];
    }
    return { ...body, password };
  }

  newPassword(): string {
    const password = `Kite-${this.#field.chance.word(14)}`;
    this.#field.ledger.keepSecret(password, 'password');
    return password;
  }

  /** Null when the backend refuses. */
  async register(name: string, password = this.newPassword()): Promise<Person | null> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const json = this.body(password);
      const reply = await this.#talk.fire({ method: 'POST', path: AUTH_PATHS.register, json });
      const person = reply.status === 201 ? this.adopt(name, reply, password) : null;
      if (person) return person;
      if (reply.status !== 409) return null;
      this.#seed += 1009;
    }
    return null;
  }

  /** Takes up whoever an answer signs in; null when it does not. */
  adopt(name: string, reply: Reply, password: string): Person | null {
    const { account, accessToken, refreshToken } = reply.row() ?? {};
    if (typeof account !== 'object' || account === null) return null;
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return null;
    const row: Row = { ...account };
    const key = row[this.key.name];
    if (typeof key !== 'string' && typeof key !== 'number') return null;
    this.#field.ledger.keepSecret(accessToken, `token of ${name}`);
    this.#field.ledger.keepSecret(refreshToken, `refresh token of ${name}`);
    const login = String(row[this.accounts.login]);
    const person = { name, login, password, token: accessToken, refreshToken, key, row };
    this.#made = [...this.#made, person];
    return person;
  }

  /** New tokens for somebody, whose old ones may be worn out; false when the backend refuses. */
  async signIn(person: Person): Promise<boolean> {
    const json = { [this.accounts.login]: person.login, password: person.password };
    const reply = await this.#talk.fire({ method: 'POST', path: AUTH_PATHS.login, json });
    const { accessToken, refreshToken } = reply.row() ?? {};
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return false;
    this.#field.ledger.keepSecret(accessToken, `token of ${person.name}`);
    this.#field.ledger.keepSecret(refreshToken, `refresh token of ${person.name}`);
    person.token = accessToken;
    person.refreshToken = refreshToken;
    return true;
  }

  /** Somebody whose account is gone need not be removed. */
  forget(person: Person): void {
    this.#made = this.#made.filter((made) => made !== person);
  }

  pathOf({ key }: Person): string {
    return `${resourcePath(this.table)}/${encodeURIComponent(String(key))}`;
  }

  /** Deletes everybody's account; names of those that stay. */
  async clear(): Promise<readonly string[]> {
    const left = await Promise.all(
      this.#made.map(async (person) => {
        const remove = () => this.#talk.fire({ method: 'DELETE', path: this.pathOf(person), as: person });
        const first = await remove();
        if (first.status === 204 || first.status === 404) return [];
        // Signed out on the way: another way in, as whoever may do everything, or by the password.
        const { admin } = this.#cast ?? {};
        const isIn = first.status === 401 && (await this.signIn(person));
        const again = isIn ? await remove() : admin ? await this.#removeAs(admin, person) : first;
        return again.status === 204 || again.status === 404 ? [] : [person.name];
      }),
    );
    return left.flat();
  }

  #removeAs(admin: Person, person: Person): Promise<Reply> {
    return this.#talk.fire({ method: 'DELETE', path: this.pathOf(person), as: admin });
  }
}

export function openPeople(schema: Schema, field: Field, talk: Pick<Talk, 'fire'>): People | null {
  const found = accountsOf(schema);
  return schema.accounts && found ? new People(field, talk, schema.accounts, found) : null;
}
