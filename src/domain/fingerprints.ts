import { newColumnName, type Renames } from './diff.ts';
import { identifier } from './identifier.ts';
import { primaryKey, type Schema } from './schema.ts';

/** What tells whether a table is as it was: the number of its rows, and a hash of each column nobody wanted to change. */
export interface FingerprintQuery {
  /** Its old name. */
  readonly table: string;
  readonly columns: number;
  /** Gives one row with `print`, a text: in a database of the old schema and in one of the new. */
  readonly before: string;
  readonly after: string;
}

/**
 * Queries about what two schemas have in common: columns of the same type, whatever they are called. Hashes are of
 * values together with the key of their row, so that none may move to another one. Pure.
 */
export function fingerprintQueries(before: Schema, after: Schema, renames: Renames): readonly FingerprintQuery[] {
  return before.tables.flatMap((table): FingerprintQuery[] => {
    const title = renames.tables.get(table.name) ?? table.name;
    const heir = after.tables.find(({ name }) => name === title);
    if (!heir) return [];
    const pairs = table.columns.flatMap((column) => {
      const name = newColumnName(table.name, column.name, renames);
      const next = heir.columns.find((candidate) => candidate.name === name);
      const isEnum = before.enums.some((type) => type.name === column.type);
      // An empty value may be filled, and values of an enum may be renamed or moved.
      const same = next && next.type === column.type && next.nullable === column.nullable && !isEnum;
      return same ? [{ old: column.name, name }] : [];
    });
    const keys = primaryKey(table).flatMap(({ name }) => pairs.filter(({ old }) => old === name));
    const query = (source: string, nameOf: (pair: (typeof pairs)[number]) => string) => {
      const parts = keys.map((pair) => `${identifier(nameOf(pair))}::text`);
      const key = parts.length > 1 ? `concat_ws('|', ${parts.join(', ')})` : (parts[0] ?? "''");
      const values = pairs.map((pair, at) => `${identifier(nameOf(pair))}::text AS v${at}`);
      const sums = pairs.map((_, at) => `sum(coalesce(hashtextextended(v${at}, k), k))::text`);
      // The hash of the key is the seed of all others; OFFSET keeps it from being made again for each of them.
      return `SELECT array_to_string(ARRAY[${['count(*)::text', ...sums].join(', ')}], ' ', '-') AS print
        FROM (SELECT ${[`hashtextextended(${key}, 0) AS k`, ...values].join(', ')} FROM ${identifier(source)} OFFSET 0) AS cells`;
    };
    return [
      {
        table: table.name,
        columns: pairs.length,
        before: query(table.name, ({ old }) => old),
        after: query(title, ({ name }) => name),
      },
    ];
  });
}
