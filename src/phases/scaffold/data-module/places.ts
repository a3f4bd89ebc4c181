import type { Resource } from '../resource.ts';

/** Collects what a statement is given, and where. */
export class Places {
  readonly values: string[];

  constructor(values: readonly string[]) {
    this.values = [...values];
  }

  add(value: string): string {
    return `$${this.values.push(value)}`;
  }
}

/** Who asks, as a parameter of a function; `null` when nobody needs to be signed in. */
export function accountParameter(needsAccount: boolean): string {
  return needsAccount ? 'account: Account' : 'account: Account | null';
}

/** Gives conditions their places: the key of who asks, and whether that is an administrator. */
export class AskerPlaces {
  readonly #places: Places;
  readonly #dot: string;
  readonly #hasAdmins: boolean;
  #account: string | null = null;
  #admin: string | null = null;

  constructor(places: Places, { wall }: Resource, needsAccount: boolean) {
    this.#places = places;
    this.#dot = needsAccount ? '.' : '?.';
    this.#hasAdmins = wall?.hasAdmins ?? false;
  }

  /**
   * Conditions on the account of which one must hold, and the one that lets administrators through; null where there
   * are none.
   */
  guard(conditions: (account: string) => readonly string[] | null): readonly string[] | null {
    if (conditions('') === null) return null;
    this.#account ??= this.#places.add(`account${this.#dot}id`);
    const own = conditions(this.#account);
    if (own === null || !this.#hasAdmins) return own;
    this.#admin ??= this.#places.add(`account${this.#dot}isAdmin`);
    return [...own, this.#admin];
  }
}

/** `(this or that)`. */
export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? conditions.join() : `(${conditions.join(' or ')})`;
}
