import { accessOf, isAccountsTable } from '../access.ts';
import type { Column, Schema, Table } from '../schema.ts';

/** Tables of what was bought, owed or promised: it is kept, whoever wants to go. */
const RECORD =
  /(?:^|_)(?:order|purchase|sale|checkout|invoice|bill|receipt|payment|payout|refund|deposit|charge|fee|transaction|transfer|settlement|ledger_entry|donation|pledge|bid|contract|claim|subscription|booking|reservation|appointment|rental|loan|lease|ticket_sale|withdrawal|wallet|balance)s?$/;

/**
 * The schema with no row that keeps somebody else from deleting what is theirs, or their account. A reference that
 * refuses (`restrict`) and would be in the way of that takes the row along instead. It goes on refusing where money or a
 * promise is recorded, where what is referred to is no account's to delete, and where only the owner's own rows refer to
 * it. `isOpen` tells the tables that may be changed; in all others what is said stays.
 */
export function withoutHolds(schema: Schema, isOpen: (table: Table) => boolean): Schema {
  const scene = { schema, depths: depthsOf(schema) };
  const tables = schema.tables.map((table) => {
    if (!isOpen(table) || isRecord(table, schema)) return table;
    return { ...table, columns: table.columns.map((column) => released(column, table, scene)) };
  });
  return { ...schema, tables };
}

interface Scene {
  readonly schema: Schema;
  /** How many references away from an account the rows are that go with it; what does not go is not there. */
  readonly depths: ReadonlyMap<string, number>;
}

function released(column: Column, table: Table, { schema, depths }: Scene): Column {
  const { references, nullable } = column;
  const parent = schema.tables.find(({ name }) => name === references?.table);
  if (!references || !parent || nullable || references.onDelete !== 'restrict' || parent.name === table.name)
    return column;
  const depth = depths.get(parent.name);
  const { read, write, sharedWith } = accessOf(parent, schema);
  if (depth === undefined || write !== 'owner') return column;
  const isAccount = isAccountsTable(parent, schema);
  const isOwn = !isAccount && read === 'owner' && sharedWith.length === 0;
  // PostgreSQL takes rows along level by level, and a reference refuses when its own level is reached.
  if (isOwn && (depths.get(table.name) ?? Number.POSITIVE_INFINITY) <= depth) return column;
  return { ...column, references: { ...references, onDelete: 'cascade' } };
}

/** Records, and the lines of them. */
function isRecord(table: Table, schema: Schema, seen: ReadonlySet<string> = new Set()): boolean {
  if (RECORD.test(table.name)) return true;
  if (seen.has(table.name)) return false;
  const whole = table.columns.find(({ name }) => name === table.access?.through)?.references?.table;
  const parent = schema.tables.find(({ name }) => name === whole);
  return parent !== undefined && isRecord(parent, schema, new Set([...seen, table.name]));
}

function depthsOf(schema: Schema): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  let level = schema.accounts ? [schema.accounts.table] : [];
  for (let depth = 0; level.length > 0; depth += 1) {
    for (const name of level) depths.set(name, depth);
    const next = schema.tables.filter(
      ({ name, columns }) =>
        !depths.has(name) &&
        columns.some(({ references }) => references?.onDelete === 'cascade' && level.includes(references.table)),
    );
    level = next.map(({ name }) => name);
  }
  return depths;
}
