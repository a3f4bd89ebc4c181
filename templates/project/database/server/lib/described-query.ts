import pg from 'pg';
import type { Sendable } from './lane.ts';

/** How a column of a result is called, and the id of its type. */
export interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** What the driver sends a statement by. */
interface Connection {
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  describe(what: object): void;
  execute(portal: object): void;
  sync(): void;
  _send(bytes: Buffer): void;
}

/** What a connection is known to answer to statements, by their names. */
interface Known {
  readonly fields: Map<string, readonly Field[]>;
  /** The same connection; how rows look is not asked. */
  readonly brief: Connection;
}

const known = new WeakMap<Connection, Known>();

/** Execute and Sync of the protocol, without a limit of rows. */
const EXECUTE_AND_SYNC = Buffer.from('45000000090000000000' + '5300000004', 'hex');

function knownOf(connection: Connection): Known {
  let its = known.get(connection);
  if (!its) {
    const brief: Connection = Object.create(connection, {
      describe: { value: () => {} },
      execute: { value: () => connection._send(EXECUTE_AND_SYNC) },
      sync: { value: () => {} },
    });
    its = { fields: new Map(), brief };
    known.set(connection, its);
  }
  return its;
}

/** The part of the driver's query that this stands upon. */
interface Prepared {
  name?: string | undefined;
  readonly text: string;
  prepare(connection: Connection): void;
  handleCommandComplete(message: object, connection: Connection): void;
}

const driver: Prepared = pg.Query.prototype as unknown as Prepared;

/**
 * A statement that asks a connection only once how its rows look. They cannot look different later: when a table was
 * changed, PostgreSQL refuses a statement that it has prepared and that would answer something else.
 */
export abstract class DescribedQuery extends pg.Query {
  declare readonly name: string | undefined;
  declare readonly text: string;
  #isDescribed = false;
  #askedOf: Known | null = null;

  constructor({ name, text }: Sendable, values: unknown[], done: (error?: Error) => void) {
    // A text, since the driver would copy an object.
    super(text, values, done);
    Object.assign(this, { name });
  }

  /** Called once, before the first row. */
  protected abstract layOut(fields: readonly Field[]): void;

  prepare(connection: Connection): void {
    const { name = '', text } = this;
    const its = knownOf(connection);
    const isPrepared = name !== '' && connection.parsedStatements[name] === text;
    const fields = isPrepared ? its.fields.get(name) : undefined;
    if (fields) this.#describe(fields);
    else this.#askedOf = its;
    driver.prepare.call(this, fields ? its.brief : connection);
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#describe(fields);
  }

  handleCommandComplete(message: object, connection: Connection): void {
    // Some statements have no rows.
    if (!this.#isDescribed) this.#describe([]);
    driver.handleCommandComplete.call(this, message, connection);
  }

  #describe(fields: readonly Field[]): void {
    this.#isDescribed = true;
    if (this.name) this.#askedOf?.fields.set(this.name, fields);
    this.layOut(fields);
  }
}
