import pluralize from 'pluralize';
import type { Table } from './schema.ts';

/**
 * What the parts of an API are called where programs are written against it: in its description and in its client.
 * Each name is used once, whatever tables are called.
 */
export interface TableNames {
  /** A row: `OrderItem`. Everything that belongs to it begins so. */
  readonly one: string;
  /** Its rows: `OrderItems`. */
  readonly many: string;
  /** The table as a member of the client: `orderItems`. */
  readonly member: string;
}

/** Endings of names that begin with that of a row. */
const NAME_ENDINGS = [
  '',
  'Part',
  'Page',
  'PartPage',
  'Create',
  'Patch',
  'Replace',
  'Profile',
  'Relations',
  'Filters',
  'Shapes',
] as const;

/** Longer ones would not fit on a line of code together with what is said of them. */
const LONGEST_NAME = 30;

function capitalize(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const whole = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return whole.slice(0, LONGEST_NAME);
}

function firstFree(wishes: readonly string[], isFree: (name: string) => boolean): string {
  const last = wishes.at(-1) ?? '';
  const found = wishes.find((wish) => isFree(wish));
  if (found !== undefined) return found;
  for (let number = 2; ; number += 1) if (isFree(`${last}${number}`)) return `${last}${number}`;
}

/** Names for the tables of a schema, by table; `reserved` are those that something else has already. */
export function apiNames(
  tables: readonly Pick<Table, 'name'>[],
  reserved: Iterable<string>,
): ReadonlyMap<string, TableNames> {
  const taken = new Set(reserved);
  const [lists, members] = [new Set<string>(), new Set(['auth', 'health', 'constructor', 'then'])];
  return new Map(
    tables.map(({ name }) => {
      const whole = capitalize(name);
      const isFree = (base: string) => NAME_ENDINGS.every((ending) => !taken.has(base + ending));
      const one = firstFree([capitalize(pluralize.singular(name)), whole, `${whole}Row`], isFree);
      for (const ending of NAME_ENDINGS) taken.add(one + ending);
      const many = firstFree([whole], (wish) => !lists.has(wish));
      lists.add(many);
      const lower = whole.charAt(0).toLowerCase() + whole.slice(1);
      const member = firstFree([lower, `${lower}Rows`], (wish) => !members.has(wish));
      members.add(member);
      return [name, { one, many, member }];
    }),
  );
}
