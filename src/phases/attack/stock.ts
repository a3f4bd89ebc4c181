import { accessOf, isAccountsTable } from '../../domain/access.ts';
import { inputFields, resourcePath } from '../../domain/rest.ts';
import { insertionOrder, type ParentLink, parentLinks, sampleInput } from '../../domain/sample.ts';
import { primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import type { Field } from './field.ts';
import type { People } from './people.ts';
import type { Person } from './person.ts';
import type { Reply } from './reply.ts';
import type { Row } from './row.ts';
import type { Talk } from './talk.ts';

/** A row made for this attack. */
export interface Specimen {
  readonly table: Table;
  readonly row: Row;
  readonly path: string;
  readonly input: Row;
  /** Its version. */
  readonly tag: string | undefined;
  /** Null where nobody signs in. */
  readonly owner: Person | null;
}

const MAX_TRIES = 4;
/** Leads past the rows that an attack which was killed left. */
const SEEDS_TO_SKIP = 1009;

/** Makes rows with the parents they need, as one person, and removes them. */
export class Stock {
  readonly #field: Field;
  readonly #talk: Pick<Talk, 'fire'>;
  readonly #people: People | null;
  readonly #schema: Schema;
  readonly #rows = new Map<string, Promise<Specimen | null>>();
  readonly #made: { readonly path: string; readonly as: Person | null }[] = [];
  readonly #order: readonly Table[];
  readonly #fresh = new Map<string, number>();
  /** Why rows could not be made, by table. */
  readonly refusals = new Map<string, Reply>();
  #seed: number;

  constructor(field: Field, talk: Pick<Talk, 'fire'>, people: People | null) {
    this.#field = field;
    this.#talk = talk;
    this.#people = people;
    this.#schema = field.schema;
    this.#order = insertionOrder(field.schema);
    this.#seed = Math.floor(field.chance.next() * 1_000_000);
  }

  get tables(): readonly Table[] {
    return this.#order;
  }

  nextSeed(): number {
    this.#seed += 1;
    return this.#seed;
  }

  /** The usual row of somebody; null when none can be made. */
  row(table: Table, person: Person | null): Promise<Specimen | null> {
    return this.#get(table, person, 0);
  }

  /** One that nobody else uses, to be changed or deleted. */
  fresh(table: Table, person: Person | null): Promise<Specimen | null> {
    const name = `${table.name} ${person?.name}`;
    const index = (this.#fresh.get(name) ?? 0) + 1;
    this.#fresh.set(name, index);
    return this.#get(table, person, index);
  }

  /** A body for one more row of somebody, with its parents; null when those cannot be made. */
  async body(table: Table, person: Person | null, index = 0): Promise<Record<string, unknown> | null> {
    const parents = await this.#parents(table, person, index);
    if (!parents) return null;
    const body = sampleInput(table, this.#schema, this.nextSeed(), parents);
    for (const { name, column, hashed } of inputFields(table)) {
      const value = body[name];
      if (!column.sensitive || typeof value !== 'string' || value.length < 12) continue;
      // Those of rows differ in their number only; one secret for all of them keeps looking through answers quick.
      if (hashed) this.#field.ledger.keepSecret(value.replace(/\d+$/, ''), 'password of a row');
      else this.#field.ledger.keepSecret(value, `value of ${name}`);
    }
    return body;
  }

  /** A body whose keys do not meet those of other rows. */
  async freshBody(table: Table, person: Person | null): Promise<Record<string, unknown> | null> {
    const name = `${table.name} ${person?.name}`;
    const index = (this.#fresh.get(name) ?? 0) + 1;
    this.#fresh.set(name, index);
    return this.body(table, person, index);
  }

  /** Who can make rows of a table for somebody. */
  maker(table: Table, person: Person | null): Person | null {
    const isForAdmins = accessOf(table, this.#schema).write === 'admins';
    return isForAdmins ? (this.#people?.cast.admin ?? person) : person;
  }

  /** Remembers what an answer says was made, wanted or not. */
  adopt(table: Table, reply: Reply, as: Person | null): void {
    if (reply.status !== 201) return;
    const row = reply.row();
    for (const made of reply.rows().length > 0 ? reply.rows() : row ? [row] : []) {
      if (primaryKey(table).every(({ name }) => (made[name] ?? null) !== null)) {
        this.#made.push({ path: pathOf(table, made), as });
      }
    }
  }

  /** Deletes everything, children first; paths of what stays. */
  async clear(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const { path, as } of this.#made.toReversed()) {
      const reply = await this.#talk.fire({ method: 'DELETE', path, as });
      if (reply.status !== 204 && reply.status !== 404) left.push(path);
    }
    const admin = this.#people?.cast.admin ?? null;
    const stays: string[] = [];
    for (const path of left) {
      const reply = await this.#talk.fire({ method: 'DELETE', path, as: admin ?? this.#people?.cast.attacker ?? null });
      if (reply.status !== 204 && reply.status !== 404) stays.push(path);
    }
    return stays;
  }

  #get(table: Table, person: Person | null, index: number): Promise<Specimen | null> {
    if (person && isAccountsTable(table, this.#schema)) return this.#account(table, person);
    const name = `${table.name} ${person?.name} ${index}`;
    const known = this.#rows.get(name) ?? this.#make(table, person, index);
    this.#rows.set(name, known);
    return known;
  }

  async #account(table: Table, person: Person): Promise<Specimen> {
    const { row } = person;
    return { table, row, path: pathOf(table, row), input: row, tag: undefined, owner: person };
  }

  async #make(table: Table, person: Person | null, index: number): Promise<Specimen | null> {
    const as = this.maker(table, person);
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const input = await this.body(table, person, index);
      if (!input) return null;
      const reply = await this.#talk.fire({ method: 'POST', path: resourcePath(table), as, json: input });
      this.adopt(table, reply, as);
      const row = reply.row();
      if (reply.status === 201 && row) {
        return { table, row, path: pathOf(table, row), input, tag: reply.headers.etag, owner: person };
      }
      if (index === 0) this.refusals.set(table.name, reply);
      if (reply.status !== 409) return null;
      this.#seed += SEEDS_TO_SKIP;
    }
    return null;
  }

  /** Values of the foreign key columns; null when a required parent cannot be made. */
  async #parents(table: Table, person: Person | null, index: number): Promise<Record<string, unknown> | null> {
    const values: Record<string, unknown> = {};
    const uses = new Map<string, number>();
    for (const link of parentLinks(table)) {
      const parent = this.#schema.tables.find(({ name }) => name === link.table);
      if (!parent || (parent === table && link.optional)) continue;
      const use = uses.get(link.table) ?? 0;
      uses.set(link.table, use + 1);
      const row = await this.#parentRow(link, table, parent, person, index + use);
      if (!row && !link.optional) return null;
      for (const [at, column] of link.columns.entries()) {
        const name = link.parentColumns[at];
        if (row && name !== undefined) values[column] = row[name];
      }
    }
    return values;
  }

  async #parentRow(
    link: ParentLink,
    table: Table,
    parent: Table,
    person: Person | null,
    index: number,
  ): Promise<Row | null> {
    if (person && isAccountsTable(parent, this.#schema)) {
      if (link.optional) return null;
      const isCompared = table.checks.some(({ left, right }) =>
        link.columns.some((name) => name === left || name === right),
      );
      const { victim, attacker, admin } = this.#people?.cast ?? { victim: person, attacker: person, admin: null };
      const other = admin ?? (person === victim ? attacker : victim);
      return isCompared ? other.row : person.row;
    }
    // What only admins have made and may see is nothing that somebody else can refer to.
    const isHidden = accessOf(parent, this.#schema).read === 'owner' && this.maker(parent, person) !== person;
    if (isHidden) return null;
    const isEarlier = this.#order.indexOf(parent) < this.#order.indexOf(table);
    if (link.optional && (!isEarlier || index > 0)) return null;
    return (await this.#get(parent, person, index))?.row ?? null;
  }
}

export function pathOf(table: Table, row: Row): string {
  const key = primaryKey(table).map(({ name }) => encodeURIComponent(String(row[name])));
  return `${resourcePath(table)}/${key.join('/')}`;
}
