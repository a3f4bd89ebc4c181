import { columnSql, columnTypeSql } from '../column-sql.ts';
import { literal, readableIdentifier as name } from '../identifier.ts';
import { type Column, primaryKey, type Table } from '../schema.ts';
import {
  changesType,
  countSql,
  type DiffContext,
  type Obstacle,
  ORDER,
  type Step,
  step,
  type TablePair,
} from './context.ts';
import { type Conversion, conversion } from './conversion.ts';
import { copyColumn, heirOf } from './copied-columns.ts';
import { fillOf, fillSql, typeWord } from './fill.ts';
import { sequenceOf } from './rename-steps.ts';
import { unfilled } from './unfilled.ts';

/** Columns that go, come and change, of tables that stay. */
export function columnSteps(context: DiffContext): readonly Step[] {
  return context.kept.flatMap((pair) => {
    const { old, next } = pair;
    const find = (table: Table, title: string) => table.columns.find((column) => column.name === title);
    return [
      ...old.columns.filter((column) => !find(next, column.name)).map((column) => dropColumn(column, next, context)),
      ...next.columns.flatMap((column) => {
        const former = find(old, column.name);
        const made = former ? changeColumn(former, column, pair, context) : [addColumn(column, next, context)];
        return [...made, ...copyColumn(former ?? null, column, pair, context)];
      }),
    ];
  });
}

function dropColumn(column: Column, table: Table, context: DiffContext): Step {
  const [source, former] = [context.oldTable(table.name), context.oldColumn(table.name, column.name)];
  const place = `${table.name}.${column.name}`;
  const heir = heirOf(column, table, context);
  if (heir !== null && source !== null) {
    const where = `${heir.column} IS NOT NULL AND ${heir.column} IS DISTINCT FROM ${heir.value}`;
    const losses = [{ what: `values of ${place} that differ from what stands for them`, sql: countSql(source, where) }];
    return step(ORDER.dropColumn, `Drop ${place}.`, [dropSql(column, table)], { losses });
  }
  return step(
    ORDER.dropColumn,
    `Drop ${place}.`,
    [dropSql(column, table)],
    source === null || former === null
      ? {}
      : { losses: [{ what: `values of ${place}`, sql: countSql(source, `${former} IS NOT NULL`) }] },
  );
}

const dropSql = (column: Column, table: Table): string =>
  `ALTER TABLE ${name(table.name)} DROP COLUMN ${name(column.name)};`;

function addColumn(column: Column, table: Table, context: DiffContext): Step {
  const place = `${table.name}.${column.name}`;
  const clause = context.will.get(table.name)?.defaults.get(column.name) ?? '';
  const alter = `ALTER TABLE ${name(table.name)}`;
  const source = context.oldTable(table.name);
  const what = `Add ${place}.`;
  if (column.nullable || clause !== '') {
    const said = context.fills.get(place);
    const sql = [`${alter} ADD COLUMN ${columnSql(column, clause)};`];
    if (said !== undefined && clause === '')
      sql.push(fillSql(table, column, { value: literal(said).trimStart(), constant: true }));
    return step(ORDER.column, what, sql);
  }
  const fill = fillOf(column, table, context);
  if (fill === null) {
    const obstacle =
      source === null
        ? []
        : [
            unfilled(
              { what: `rows of ${table.name} would have no ${column.name}`, sql: countSql(source) },
              column,
              table,
              context,
            ),
          ];
    return step(ORDER.column, what, [`${alter} ADD COLUMN ${columnSql(column, '')};`], { obstacles: obstacle });
  }
  if (fill.constant) {
    const sql = [
      `${alter} ADD COLUMN ${columnSql(column, ` DEFAULT ${fill.value}`)};`,
      `${alter} ALTER COLUMN ${name(column.name)} DROP DEFAULT;`,
    ];
    return step(ORDER.column, what, sql, { obstacles: onlyOne(column, table, source) });
  }
  const nullable: Column = { ...column, nullable: true };
  const sql = [
    `${alter} ADD COLUMN ${columnSql(nullable, '')};`,
    fillSql(table, column, fill),
    `${alter} ALTER COLUMN ${name(column.name)} SET NOT NULL;`,
  ];
  return step(ORDER.column, what, sql, { act: { kind: 'add', table, column, fill } });
}

/** One value for all rows is no key. */
function onlyOne(column: Column, table: Table, source: string | null): Obstacle[] {
  const key = primaryKey(table);
  const isKey = key.length === 1 && key[0]?.name === column.name;
  if (source === null || !(column.unique || isKey)) return [];
  return [
    {
      what: `rows of ${table.name} would have the same ${column.name}, which is unique`,
      sql: `SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE 0 END AS n FROM ${source}`,
      hint: 'Add it as nullable, give each row its value, then make it required',
    },
  ];
}

function changeColumn(old: Column, next: Column, { next: table }: TablePair, context: DiffContext): Step[] {
  const typed = changesType(old, next, context.rebuilt);
  const clauses = {
    was: context.was.get(table.name)?.defaults.get(old.name) ?? '',
    will: context.will.get(table.name)?.defaults.get(next.name) ?? '',
  };
  return [
    ...(typed ? [changeType(old, next, table, clauses, context)] : []),
    ...(typed ? [] : changeDefault(next, table, clauses, context)),
    ...changeNullable(old, next, table, typed, context),
    ...(typed ? identitySteps(next, table, clauses, context) : []),
  ];
}

interface Clauses {
  readonly was: string;
  readonly will: string;
}

const DEFAULT = ' DEFAULT ';
const isIdentity = (clause: string): boolean => clause.startsWith(' GENERATED');

function changeType(old: Column, next: Column, table: Table, { was, will }: Clauses, context: DiffContext): Step {
  const place = `${table.name}.${next.name}`;
  const moved = movedInto(next.type, context);
  const found = conversion(
    next.name,
    { type: old.type, schema: context.base },
    { type: next.type, schema: context.after },
    moved,
  );
  const using = found?.using ? `\n    USING ${found.using}` : '';
  const column = `ALTER COLUMN ${name(next.name)}`;
  const actions = [
    ...(was.startsWith(DEFAULT) ? [`${column} DROP DEFAULT`] : []),
    ...(isIdentity(was) && !isIdentity(will) ? [`${column} DROP IDENTITY`] : []),
    `${column} TYPE ${columnTypeSql(next)}${using}`,
    ...(will.startsWith(DEFAULT) ? [`${column} SET DEFAULT ${will.slice(DEFAULT.length)}`] : []),
  ];
  const sql = [`ALTER TABLE ${name(table.name)}\n  ${actions.join(',\n  ')};`];
  const what =
    context.rebuilt.has(next.type) && old.type === next.type
      ? `Move ${place} to the new values.`
      : `Change ${place} from ${typeWord(old.type)} to ${typeWord(next.type)}.`;
  return step(ORDER.column, what, sql, counts(place, old, next, table, found, context));
}

/** What a value of a rebuilt enum becomes, by its old name. */
function movedInto(type: string, { moved, after, base, invents }: DiffContext): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const next = after.enums.find((candidate) => candidate.name === type);
  for (const [key, to] of moved) if (key.startsWith(`${type}.`)) found.set(key.slice(type.length + 1), to);
  const old = base.enums.find((candidate) => candidate.name === type);
  if (!invents || !next || !old) return found;
  const fallback = next.values[0] ?? '';
  for (const value of old.values) if (!next.values.includes(value) && !found.has(value)) found.set(value, fallback);
  return found;
}

/** Rows with values that the new type does not have, or has otherwise. */
function counts(
  place: string,
  old: Column,
  next: Column,
  table: Table,
  found: Conversion | null,
  context: DiffContext,
): Pick<Step, 'losses' | 'obstacles'> {
  const [source, former] = [context.oldTable(table.name), context.oldColumn(table.name, old.name)];
  if (source === null || former === null) return { losses: [], obstacles: [] };
  const types = `${typeWord(old.type)} to ${typeWord(next.type)}`;
  if (!found) {
    const hint = `Drop it and add another one: --drop ${place}, under another name`;
    const what = `values of ${place}: there is no way from ${types}`;
    return { losses: [], obstacles: [{ what, sql: countSql(source, `${former} IS NOT NULL`), hint }] };
  }
  const before = (condition: string) => condition.replaceAll(name(next.name), former);
  const hint = context.after.enums.some(({ name: title }) => title === next.type)
    ? `Say what they become: --map ${next.type}.<old value>=<new value>`
    : `Correct them first. To see them: SELECT ${former} FROM ${source} WHERE ${before(found.refused ?? 'false')}`;
  return {
    losses: found.lossy
      ? [{ what: `values of ${place} would not be the same any more`, sql: countSql(source, before(found.lossy)) }]
      : [],
    obstacles: found.refused
      ? [
          {
            what: `values of ${place} do not fit ${typeWord(next.type)}`,
            sql: countSql(source, before(found.refused)),
            hint,
          },
        ]
      : [],
  };
}

function changeDefault(column: Column, table: Table, clauses: Clauses, context: DiffContext): Step[] {
  const { was, will } = clauses;
  if (was === will || (isIdentity(was) && isIdentity(will))) return [];
  const alter = `ALTER TABLE ${name(table.name)} ALTER COLUMN ${name(column.name)}`;
  const place = `${table.name}.${column.name}`;
  const steps: Step[] = [];
  if (isIdentity(was)) steps.push(step(ORDER.column, `Let ${place} count no longer.`, [`${alter} DROP IDENTITY;`]));
  if (was.startsWith(DEFAULT) && !will.startsWith(DEFAULT)) {
    steps.push(step(ORDER.column, `Take the default of ${place} away.`, [`${alter} DROP DEFAULT;`]));
  }
  if (will.startsWith(DEFAULT)) {
    const sql = `${alter} SET DEFAULT ${will.slice(DEFAULT.length)};`;
    steps.push(step(ORDER.column, `Set the default of ${place}.`, [sql]));
  }
  return [...steps, ...identitySteps(column, table, clauses, context)];
}

/** A column that begins to count goes on from its highest number. */
function identitySteps(column: Column, table: Table, { was, will }: Clauses, context: DiffContext): Step[] {
  const parts = context.will.get(table.name);
  const sequence = parts ? sequenceOf(parts, column.name) : null;
  if (!isIdentity(will) || isIdentity(was) || sequence === null) return [];
  const [rows, key] = [name(table.name), name(column.name)];
  return [
    step(ORDER.column, `Let ${table.name}.${column.name} count.`, [
      `ALTER TABLE ${rows} ALTER COLUMN ${key} ADD${will};`,
      `SELECT setval(${literal(sequence)}, coalesce(max(${key}), 0) + 1, false) FROM ${rows};`,
    ]),
  ];
}

function changeNullable(old: Column, next: Column, table: Table, typed: boolean, context: DiffContext): Step[] {
  if (old.nullable === next.nullable) return [];
  const alter = `ALTER TABLE ${name(table.name)} ALTER COLUMN ${name(next.name)}`;
  const place = `${table.name}.${next.name}`;
  if (next.nullable) return [step(ORDER.addPart, `Let ${place} be empty.`, [`${alter} DROP NOT NULL;`])];
  const [source, former] = [context.oldTable(table.name), context.oldColumn(table.name, old.name)];
  const copied = context.copies.get(place);
  const from = copied === undefined ? null : context.oldColumn(table.name, copied);
  const fill = from === null ? fillOf(next, table, context) : null;
  const sql = fill ? [fillSql(table, next, fill), `${alter} SET NOT NULL;`] : [`${alter} SET NOT NULL;`];
  const obstacles: Obstacle[] =
    fill || source === null || former === null || typed
      ? []
      : [
          unfilled(
            {
              what: `rows of ${table.name} have no ${next.name}`,
              sql: countSql(
                source,
                [former, from].flatMap((one) => (one === null ? [] : [`${one} IS NULL`])).join(' AND '),
              ),
            },
            next,
            table,
            context,
          ),
        ];
  const act = { kind: 'require', table, column: next, fill } as const;
  return [step(ORDER.column, `Require ${place}.`, sql, typed ? { obstacles } : { obstacles, act })];
}
