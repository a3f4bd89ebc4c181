import type { Field } from '../field.ts';
import type { TargetOperation } from '../order.ts';
import type { Reply } from '../reply.ts';
import { isRow, type Row } from '../row.ts';
import type { Talk } from '../talk.ts';
import { type Caller, type Entrance, enter, newWord, operationsOf, rowIn, shotAt, subjectOf } from './callers.ts';

/** A row that an operation made. */
export interface Made {
  readonly row: Row;
  /** Where it was made. */
  readonly address: string;
  /** Stands in its texts, and in those of no other row; empty where it has none. */
  readonly word: string;
}

/** Rows that need rows that need rows are made so deep. */
const MAX_DEPTH = 6;

/** Signs people up and makes rows by the operations of a contract, as a client of it would. */
export class Trials {
  readonly #field: Field;
  readonly #talk: Pick<Talk, 'fire'>;
  #cast: { readonly victim: Caller; readonly attacker: Caller } | null = null;
  #bystander: Promise<Caller | string> | null = null;
  #admin: Promise<Caller | null> | null = null;
  /** Why nobody came in. */
  reason = '';

  constructor(field: Field, talk: Pick<Talk, 'fire'>) {
    this.#field = field;
    this.#talk = talk;
  }

  get operations(): readonly TargetOperation[] {
    return operationsOf({ field: this.#field });
  }

  get cast(): { readonly victim: Caller; readonly attacker: Caller } {
    if (!this.#cast) throw new Error('Nobody has signed up yet.');
    return this.#cast;
  }

  /** False when nobody comes in: `reason` says why. */
  async gather(): Promise<boolean> {
    const [victim, attacker] = await Promise.all([this.signUp('the victim'), this.signUp('the attacker')]);
    const refused = [victim, attacker].find((one) => typeof one === 'string');
    if (typeof refused === 'string') this.reason = refused;
    if (typeof victim === 'string' || typeof attacker === 'string') return false;
    this.#cast = { victim, attacker };
    return true;
  }

  signUp(name: string): Promise<Caller | string> {
    return enter(name, this.#entrance());
  }

  #entrance(): Entrance {
    const fill = (value: unknown, word: string) => this.#filled(value, word, null, 0);
    return { field: this.#field, talk: this.#talk, fill };
  }

  /** A body for an operation, with the rows it refers to. */
  async body({ trial }: TargetOperation, caller: Caller, depth = 0): Promise<{ body: unknown; word: string }> {
    const word = newWord(this.#field);
    const text = JSON.stringify(trial.body ?? null);
    return { body: await this.#filled(trial.body, word, caller, depth), word: text.includes('#') ? word : '' };
  }

  async #filled(value: unknown, word: string, caller: Caller | null, depth: number): Promise<unknown> {
    if (typeof value === 'string') return value.replaceAll('#', word);
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.#filled(item, word, caller, depth)));
    if (!isRow(value)) return value;
    const { random, made, field } = value;
    if (Array.isArray(random)) return this.#randomText(random);
    if (typeof made === 'string' && 'field' in value) {
      const found = caller && (await this.make(made, caller, depth + 1));
      return typeof field === 'string' ? found?.row[field] : undefined;
    }
    const entries = Object.entries(value).map(
      async ([name, item]): Promise<[string, unknown]> => [name, await this.#filled(item, word, caller, depth)],
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  #randomText(parts: readonly unknown[]): string {
    const letters = parts.flatMap((part) => {
      if (!isRow(part) || typeof part.chars !== 'string' || typeof part.count !== 'number') return [];
      const { chars, count } = part;
      return Array.from({ length: count }, () => chars[Math.floor(this.#field.chance.next() * chars.length)] ?? '');
    });
    return letters.join('');
  }

  /** A new row of somebody; of accounts, somebody else. Null where no operation makes or shows one. */
  async make(table: string, caller: Caller, depth = 0): Promise<Made | null> {
    const operation = this.operations.find(({ trial }) => trial.makes === table);
    if (!operation) return this.#account(table);
    if (depth > MAX_DEPTH) return null;
    const address = await this.addressOf(operation, caller, depth + 1);
    if (address === null) return null;
    const { body, word } = await this.body(operation, caller, depth + 1);
    const maker = await this.#whoMay(operation, caller);
    if (!maker) return null;
    const reply = await this.#talk.fire(shotAt(operation, address, { token: maker.token, body }));
    const row = reply.isGood ? rowIn(operation.trial, reply) : null;
    return row && { row, address, word };
  }

  /** Somebody who may ask it: whoever wants to, or an administrator; null where nobody can be made one. */
  #whoMay({ trial }: TargetOperation, caller: Caller): Promise<Caller | null> | Caller {
    if (trial.guard !== 'account' || (trial.scopes ?? []).length === 0) return caller;
    this.#admin ??= this.#promoted();
    return this.#admin;
  }

  async #promoted(): Promise<Caller | null> {
    const { promote } = this.#field.order.accounts ?? {};
    const somebody = promote ? await this.signUp('an administrator') : '';
    const key = typeof somebody === 'string' ? null : subjectOf(somebody);
    if (typeof somebody === 'string' || key === null || !promote) return null;
    await promote(key);
    return somebody;
  }

  async #account(table: string): Promise<Made | null> {
    if (table !== this.#field.order.trial?.accounts) return null;
    this.#bystander ??= this.signUp('a bystander');
    const somebody = await this.#bystander;
    return typeof somebody === 'string' ? null : { row: somebody.row, address: '', word: '' };
  }

  /** The address of a row made for it; null where nothing shows how it is found. */
  async addressOf({ trial }: TargetOperation, caller: Caller, depth = 0): Promise<string | null> {
    const { path, params } = trial;
    const last = params.at(-1);
    if (!last) return path;
    const made = await this.make(last.table, caller, depth);
    return made && this.addressWith({ trial }, made, caller, depth);
  }

  /** The address of an operation on a row that is there. */
  async addressWith(
    { trial: { path, params } }: Pick<TargetOperation, 'trial'>,
    { row, address }: Made,
    caller: Caller,
    depth = 0,
  ): Promise<string | null> {
    const last = params.at(-1);
    const key = last?.field == null ? undefined : row[last.field];
    if (!last || !isKey(key)) return null;
    const parts = path.replace(`{${last.name}}`, encodeURIComponent(key)).split('/');
    // What it lies below stands in the address that it was made at.
    const base = path.split(`{${last.name}}`)[0]?.split('/').slice(0, -2).length ?? 0;
    for (const [at, part] of address.split('/').slice(0, base).entries()) {
      if (parts[at]?.startsWith('{')) parts[at] = part;
    }
    // What is only tied to it is made for it.
    for (const { name, table, field } of params) {
      const at = parts.indexOf(`{${name}}`);
      if (at < 0 || field === null) continue;
      const other = (await this.make(table, caller, depth + 1))?.row[field];
      if (isKey(other)) parts[at] = encodeURIComponent(other);
    }
    return parts.some((part) => part.startsWith('{')) ? null : parts.join('/');
  }

  /** An address of somebody's, tied where the operation is about what is tied; null where there is none. */
  async ready(operation: TargetOperation, caller: Caller): Promise<string | null> {
    const address = await this.addressOf(operation, caller);
    const tie = this.operations.find(({ trial }) => trial.id === operation.trial.tiedBy);
    if (address !== null && tie) await this.#talk.fire(shotAt(tie, address, { token: caller.token }));
    return address;
  }

  /** Asks an operation at an address. */
  ask(operation: TargetOperation, address: string, caller: Caller, body?: unknown): Promise<Reply> {
    return this.#talk.fire(shotAt(operation, address, { token: caller.token, body }));
  }
}

function isKey(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
