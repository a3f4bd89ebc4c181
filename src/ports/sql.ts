import type { Login } from '../domain/database.ts';

export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number;
}

/** A connection of its own, not pooled: migrations need session state and locks. */
export interface SqlSession {
  /** One statement through the extended protocol when there are values; several are allowed without. */
  query(text: string, values?: readonly unknown[]): Promise<SqlResult>;
  /**
   * The rows of a query in PostgreSQL's own text format (manual, "COPY"), some whole lines at a time. Nothing else may be
   * asked meanwhile, and whoever stops before the end has no session any more.
   */
  copyOut(query: string): CopiedOut;
  /**
   * Reads such lines into `into`, a table with the columns that the lines have, already as SQL. Gives how many there were.
   * Throws `SqlError`, and what `pieces` throws; then none of them is there.
   */
  copyIn(into: string, pieces: AsyncIterable<string>): Promise<number>;
  close(): Promise<void>;
}

/** Rows on their way out of a database. */
export interface CopiedOut {
  readonly pieces: AsyncIterable<string>;
  /** How many there were, when all pieces were read. */
  rows(): number;
}

/**
 * Connects to project databases as one of the project's own roles. Only the `DatabaseAdmin` adapter may give it the
 * administrator's login.
 */
export interface Sql {
  /**
   * Connect deadline 5 s, retried while the server starts or is full. Throws `cluster.unreachable` or `cluster.denied`
   * (SQLSTATE in `details.state`), `SqlError` when the database itself refuses (3D000 missing, 55000 closed).
   * `settings` hold for the session from its first moment, over what roles and databases have set.
   */
  connect(login: Login, settings?: Readonly<Record<string, string>>): Promise<SqlSession>;
}

/** A statement the server refused; `position` counts characters from 1. Adapters throw it, phases translate it. */
export class SqlError extends Error {
  /** SQLSTATE, five characters. */
  readonly state: string;
  readonly position: number | null;

  constructor(state: string, message: string, options: { position?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SqlError';
    this.state = state;
    this.position = options.position ?? null;
  }
}
