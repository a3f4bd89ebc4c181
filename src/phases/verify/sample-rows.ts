import { isServerMade, resourcePath } from '../../domain/rest.ts';
import { insertionOrder, type ParentLink, parentLinks, sampleInput } from '../../domain/sample.ts';
import { primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import type { People } from './people.ts';
import type { Answer, Row, Talk } from './talk.ts';

/** Seeds of one run start somewhere in here, so that a run after one that was killed does not meet its rows. */
const SEED_RANGE = 100_000;
const SEEDS_PER_RUN = 10;
/** Tries to find values that are not taken yet by rows that are not ours. */
export const MAX_TRIES = 4;
/** More than one run uses, so that one step leads past the rows that another one left. */
const SEEDS_TO_SKIP = 1009;

export interface SampleRow {
  readonly row: Row;
  readonly path: string;
  /** What was sent for it. */
  readonly input: Row;
  readonly created: Answer;
}

/** The rows a verification makes, with the parents they need, and their removal. */
export class SampleRows {
  readonly #schema: Schema;
  readonly #talk: Talk;
  readonly #rows = new Map<string, Promise<SampleRow>>();
  /** Paths of everything made, and who made it, in the order it was made: children come after their parents. */
  readonly #made: { readonly path: string; readonly talk: Talk }[] = [];
  #people: People | null = null;
  readonly #order: readonly Table[];
  #seed: number;

  constructor(schema: Schema, talk: Talk, now: number) {
    this.#schema = schema;
    this.#talk = talk;
    this.#order = insertionOrder(schema);
    this.#seed = (now % SEED_RANGE) * SEEDS_PER_RUN;
  }

  /** From here on rows are made by those who may. */
  employ(people: People): void {
    this.#people = people;
  }

  /** Speaks as who makes the rows of a table. Throws when nobody here may. */
  async talkFor(table: Table): Promise<Talk> {
    if (!this.#people) return this.#talk;
    const maker = await this.#people.makerOf(table);
    if (maker) return maker.talk;
    throw new Error(`only an administrator can make rows of ${table.name}`);
  }

  /** Another seed with each call. */
  nextSeed(): number {
    this.#seed += 1;
    return this.#seed;
  }

  /** The values of the last seeds are taken by others: the next ones are far from them. */
  skipTaken(): void {
    this.#seed += SEEDS_TO_SKIP;
  }

  /**
   * Row `index` of a table, made when it is asked for first. Its parents are the rows of the same index, and of a
   * higher one for further links to the same table: a friendship needs two people. Where an account has one row only,
   * such as a cart, it is always that one. Throws what the backend answered.
   */
  get(table: Table, index = 0): Promise<SampleRow> {
    const name = `${table.name} ${index}`;
    const known = this.#rows.get(name) ?? this.#make(table, index);
    this.#rows.set(name, known);
    return known;
  }

  async #make(table: Table, index: number): Promise<SampleRow> {
    if (table === this.#people?.table) return this.#people.get(index);
    if (index > 0 && hasOneForEach(table)) return this.get(table);
    const talk = await this.talkFor(table);
    const parents = await this.parents(table, index);
    for (let attempt = 1; ; attempt += 1) {
      const input = sampleInput(table, this.#schema, this.nextSeed(), parents);
      const created = await talk('POST', resourcePath(table), { json: input });
      if (created.status === 409 && attempt < MAX_TRIES) {
        this.skipTaken();
        continue;
      }
      this.adopt(table, created, talk);
      const row = created.expectRow(201);
      return { row, path: pathOf(table, row), input, created };
    }
  }

  /** Values of the foreign key columns of a row. */
  async parents(table: Table, index = 0): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    const uses = new Map<string, number>();
    for (const link of parentLinks(table)) {
      const parent = this.#schema.tables.find((candidate) => candidate.name === link.table);
      if (!parent || parent === table) continue;
      const use = uses.get(link.table) ?? 0;
      uses.set(link.table, use + 1);
      // Filled in by the backend: whose row it is.
      if (link.columns.every((name) => table.columns.some((column) => column.name === name && isServerMade(column)))) {
        continue;
      }
      // One row shows that an optional parent can be there; the others do without.
      if (link.optional && index > 0) continue;
      const row = await this.#parentRow(link, table, parent, index + use);
      for (const [position, column] of link.columns.entries()) {
        const name = link.parentColumns[position];
        if (row && name !== undefined) values[column] = row[name];
      }
    }
    return values;
  }

  /** Remembers a row that came into being, wanted or not, to be deleted at the end. */
  adopt(table: Table, answer: Answer, talk: Talk): void {
    const row = answer.status >= 200 && answer.status < 300 ? answer.row() : null;
    if (row) this.adoptRow(table, row, talk);
  }

  /** As `adopt`, for one row of several. */
  adoptRow(table: Table, row: Row, talk: Talk): void {
    if (primaryKey(table).some((column) => (row[column.name] ?? null) === null)) return;
    this.#made.push({ path: pathOf(table, row), talk });
  }

  /** Deletes a row whose time is over before the end; one that stays is tried again then. */
  async remove(table: Table, row: Row, talk: Talk): Promise<void> {
    const path = pathOf(table, row);
    const answer = await talk('DELETE', path).catch(() => null);
    if (answer?.status === 204) this.forget(path);
  }

  /** It is proven to be gone. */
  forget(path: string): void {
    const index = this.#made.findIndex((made) => made.path === path);
    if (index >= 0) this.#made.splice(index, 1);
  }

  /** Deletes everything that is left, children first; gives the paths of what stays nevertheless. */
  async clear(): Promise<readonly string[]> {
    for (let round = 0; round < 2; round += 1) {
      for (const { path, talk } of this.#made.toReversed()) {
        const isGone = await talk('DELETE', path)
          .then(() => talk('GET', path))
          .then((answer) => answer.status === 404)
          .catch(() => false);
        if (isGone) this.forget(path);
      }
    }
    return this.#made.map(({ path }) => path);
  }

  /** An optional parent is taken when its table comes earlier, so that a cycle of tables does not turn into one of rows. */
  async #parentRow(link: ParentLink, table: Table, parent: Table, index: number): Promise<Row | null> {
    if (!link.optional) return (await this.get(parent, index)).row;
    const isEarlier = this.#order.indexOf(parent) < this.#order.indexOf(table);
    if (!isEarlier || !this.#rows.has(`${parent.name} 0`)) return null;
    return this.get(parent, index).then(
      (sample) => sample.row,
      () => null,
    );
  }
}

/** Nobody has two rows of it. */
function hasOneForEach(table: Table): boolean {
  const owners = table.columns.filter(({ default: made }) => made && 'generate' in made && made.generate === 'owner');
  const names = new Set(owners.map(({ name }) => name));
  const single = table.columns.filter(({ unique }) => unique).map(({ name }) => [name]);
  const keys = [primaryKey(table).map(({ name }) => name), ...single, ...table.uniques];
  return keys.some((key) => key.length > 0 && key.every((name) => names.has(name)));
}

function pathOf(table: Table, row: Row): string {
  const key = primaryKey(table).map((column) => encodeURIComponent(String(row[column.name])));
  return `${resourcePath(table)}/${key.join('/')}`;
}
