import type { OperationTrial } from '../../domain/operation-trial.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Profile, Untried } from '../../domain/verification.ts';

/** A table of the database that the backend has no business with. */
export interface Plant {
  /** As SQL names it: `app.secret_plans`. */
  readonly table: string;
  readonly column: string;
  /** What stands in it: at least 12 letters and digits found nowhere else. */
  readonly marker: string;
  /** Whether it is still as it was planted. */
  readonly isIntact: () => Promise<boolean>;
}

/** One value of the database, as text. */
export interface Cell {
  readonly table: string;
  readonly column: string;
  readonly value: string;
}

/** An operation of a contract. */
export interface TargetOperation {
  readonly method: string;
  /** `/articles/{slug}` */
  readonly path: string;
  /** Names of its parameters in the query. */
  readonly query: readonly string[];
  readonly needsAccount: boolean;
  readonly takesBody: boolean;
  /** How somebody asks it who may. */
  readonly trial: OperationTrial;
  /** Who else gets at what it is about: nobody, whoever only looks, everybody. */
  readonly reach: 'private' | 'owned' | 'open';
  /** Members that it answers and does not take, with a value that nobody has. */
  readonly fixed: Readonly<Record<string, string | number>>;
  /** Members by which a body could say whose a row is. */
  readonly ownerMembers: readonly string[];
  /** The table whose rows it lists; null where it lists none. */
  readonly lists: string | null;
}

export interface AttackOrder {
  /** Where the backend runs. */
  readonly url: string;
  readonly schema: Schema;
  readonly profile: Profile;
  /** What a contract has instead of tables; `schema` is empty then. */
  readonly operations?: readonly TargetOperation[];
  /** Operations of it that nobody can try. */
  readonly untried?: readonly Untried[];
  /** What lets people in where the rows are nobody's; without it the operations are tried as nobody only. */
  readonly trial?: {
    /** A key that is good for the scopes, over after so many days; null where there are none. */
    readonly makeKey: ((scopes: readonly string[], days: number) => Promise<string>) | null;
    /** The table of those who sign up; null where nobody does. */
    readonly accounts: string | null;
  };
  /** Chooses what `quick` tries, and the values of rows; the same seed tries the same. */
  readonly seed?: number;
  /** Names of the attacks to try; all of them by default. */
  readonly only?: readonly string[];
  readonly accounts?: {
    /** Gives an account its first role of `schema.accounts.admins`, past the API. Without it nobody attacks as an admin. */
    readonly promote?: (key: string | number) => Promise<void>;
    /** What the backend signs tokens with; without it expired tokens are not tried. */
    readonly secret?: string;
  };
  readonly plant?: Plant;
  /** Every text of the database, to look for passwords in it. */
  readonly readCells?: () => Promise<readonly Cell[]>;
  /** Everything the backend has logged since it was started. */
  readonly readLog?: () => Promise<string>;
  /** Rows by table, of all tables the attack makes no rows in. */
  readonly countRows?: () => Promise<Readonly<Record<string, number>>>;
}
