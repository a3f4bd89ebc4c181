import { addPartSql, type TablePart } from '../ddl.ts';
import { readableIdentifier as name } from '../identifier.ts';
import type { Table } from '../schema.ts';
import { countSql, type DiffContext, type Obstacle, ORDER, type Step, step } from './context.ts';
import { renamePartsSql } from './rename-steps.ts';

const NOUNS: Readonly<Record<TablePart['kind'], string>> = {
  primary: 'the primary key',
  unique: 'the rule that values are unique',
  foreign: 'the reference',
  check: 'the check',
  index: 'the index',
};

const places = (table: string, { columns }: TablePart): string => `${table} (${columns.join(', ')})`;

interface PartChange {
  readonly table: string;
  readonly dropped: readonly TablePart[];
  readonly added: readonly TablePart[];
  readonly renamed: readonly (readonly [from: TablePart, to: TablePart])[];
}

/** Keys, references, checks and indexes that go, come, or have to stand aside while something else changes. */
export function partSteps(context: DiffContext): readonly Step[] {
  const changes = context.kept.map(({ next }) => changeOf(next, context));
  const steps = changes.flatMap(({ table, dropped, added, renamed }) => [
    ...dropped.map((part) => dropStep(table, part)),
    ...(renamed.length === 0
      ? []
      : [step(ORDER.rename, `Names that follow in ${table}.`, renamePartsSql(table, renamed))]),
    ...added.map((part) => addStep(table, part, context)),
  ]);
  return [...steps, ...ofGoneTables(context), ...ofNewTables(context)];
}

function changeOf(next: Table, context: DiffContext): PartChange {
  const was = context.was.get(next.name)?.parts ?? [];
  const will = [...(context.will.get(next.name)?.parts ?? [])];
  const dropped: TablePart[] = [];
  const added: TablePart[] = [];
  const renamed: (readonly [TablePart, TablePart])[] = [];
  for (const part of was) {
    const at = will.findIndex(({ kind, rule }) => kind === part.kind && rule === part.rule);
    const heir = at === -1 ? undefined : will.splice(at, 1)[0];
    if (heir && !standsAside(part, next.name, context)) {
      if (heir.name !== part.name) renamed.push([part, heir]);
      continue;
    }
    dropped.push(part);
    if (heir) added.push(heir);
  }
  return { table: next.name, dropped, added: [...added, ...will], renamed };
}

/** PostgreSQL makes keys and indexes anew by itself when a type changes, but cannot read checks and references anew. */
function standsAside({ kind, columns, relation }: TablePart, table: string, context: DiffContext): boolean {
  const isTouched = (owner: string, list: readonly string[]) =>
    list.some((column) => context.touched.has(`${owner}.${column}`));
  if (kind === 'check') return isTouched(table, columns);
  if (!relation) return false;
  const { target } = relation;
  return isTouched(table, columns) || isTouched(target.table, target.columns) || !keepsKey(target, context);
}

/** Whether the key a reference leans on stays as it is. */
function keepsKey(
  target: { readonly table: string; readonly columns: readonly string[] },
  context: DiffContext,
): boolean {
  const wanted = [...target.columns].sort().join();
  const rules = (parts: readonly TablePart[] = []) =>
    parts
      .filter(({ kind, columns }) => (kind === 'primary' || kind === 'unique') && [...columns].sort().join() === wanted)
      .map(({ kind, rule }) => `${kind} ${rule}`);
  const left = rules(context.will.get(target.table)?.parts);
  return rules(context.was.get(target.table)?.parts).every((rule) => left.includes(rule));
}

function dropStep(table: string, part: TablePart): Step {
  const order = part.kind === 'foreign' ? ORDER.dropForeign : ORDER.dropPart;
  const sql =
    part.kind === 'index'
      ? `DROP INDEX ${name(part.name)};`
      : `ALTER TABLE ${name(table)} DROP CONSTRAINT ${name(part.name)};`;
  return step(order, `Drop ${NOUNS[part.kind]} of ${places(table, part)}.`, [sql]);
}

const ADD_ORDER: Readonly<Record<TablePart['kind'], number>> = {
  primary: ORDER.addKey,
  unique: ORDER.addKey,
  index: ORDER.addPart,
  check: ORDER.addPart,
  foreign: ORDER.addForeign,
};

function addStep(table: string, part: TablePart, context: DiffContext): Step {
  const sql =
    part.kind === 'foreign'
      ? [
          `${addPartSql(table, part).slice(0, -1)} NOT VALID;`,
          `ALTER TABLE ${name(table)} VALIDATE CONSTRAINT ${name(part.name)};`,
        ]
      : [addPartSql(table, part)];
  const obstacle = obstacleOf(table, part, context);
  return step(ADD_ORDER[part.kind], `Add ${NOUNS[part.kind]} of ${places(table, part)}.`, sql, {
    obstacles: obstacle ? [obstacle] : [],
    act: { kind: 'part', table, part },
  });
}

/** Rows that break a new rule, as far as the columns are there already and keep their types. */
function obstacleOf(table: string, part: TablePart, context: DiffContext): Obstacle | null {
  const source = context.oldTable(table);
  const columns = part.columns.map((column) => context.oldColumn(table, column));
  if (source === null || part.kind === 'index') return null;
  if (part.columns.some((column) => context.touched.has(`${table}.${column}`))) return null;
  const old = columns.filter((column) => column !== null);
  if (old.length < columns.length) return null;
  const list = old.join(', ');
  const present = old.map((column) => `${column} IS NOT NULL`).join(' AND ');
  switch (part.kind) {
    case 'primary':
    case 'unique':
      return {
        what: `values of ${places(table, part)} occur more than once`,
        sql: `SELECT count(*) AS n FROM (SELECT FROM ${source} WHERE ${present} GROUP BY ${list} HAVING count(*) > 1) AS twice`,
        hint: `Make them different first. To see them: SELECT ${list}, count(*) FROM ${source} GROUP BY ${list} HAVING count(*) > 1`,
      };
    case 'check': {
      const condition = checkCondition(table, part, context);
      return condition === null
        ? null
        : {
            what: `rows of ${table} break ${part.rule}`,
            sql: countSql(source, `NOT ${condition}`),
            hint: `Correct them first. To see them: SELECT * FROM ${source} WHERE NOT ${condition}`,
          };
    }
    case 'foreign':
      return orphans(table, part, source, old, context);
  }
}

/** The condition in the names there are now; nothing where a name would have to be found inside of it. */
function checkCondition(table: string, { rule, columns }: TablePart, context: DiffContext): string | null {
  const isSame = columns.every((column) => context.oldColumn(table, column) === name(column));
  return isSame ? rule.slice('CHECK '.length) : null;
}

function orphans(
  table: string,
  part: TablePart,
  source: string,
  columns: readonly string[],
  context: DiffContext,
): Obstacle | null {
  const target = part.relation?.target;
  if (!target || target.columns.some((column) => context.touched.has(`${target.table}.${column}`))) return null;
  const parent = context.oldTable(target.table);
  const keys = target.columns.map((column) => context.oldColumn(target.table, column));
  const present = columns.map((column) => `child.${column} IS NOT NULL`).join(' AND ');
  const same = keys.map((key, index) => `parent.${key} = child.${columns[index]}`).join(' AND ');
  const isNew = parent === null || keys.includes(null);
  const where = isNew ? present : `${present} AND NOT EXISTS (SELECT FROM ${parent} AS parent WHERE ${same})`;
  return {
    what: `rows of ${table} refer to no row of ${target.table}`,
    sql: countSql(`${source} AS child`, where),
    hint: `Correct them first. To see them: SELECT * FROM ${source} AS child WHERE ${where}`,
  };
}

/** Tables that go together may refer to each other. */
function ofGoneTables({ goneTables, was }: DiffContext): Step[] {
  return goneTables.flatMap(({ name: title }) => {
    const parts = was.get(title)?.parts ?? [];
    return parts
      .filter(({ relation }) => relation && relation.target.table !== title)
      .map((part) => dropStep(title, part));
  });
}

function ofNewTables({ newTables, will }: DiffContext): Step[] {
  return newTables.flatMap(({ name: title }) =>
    (will.get(title)?.parts ?? [])
      .filter(({ kind }) => kind === 'foreign')
      .map((part) =>
        step(ORDER.addForeign, `Add ${NOUNS.foreign} of ${places(title, part)}.`, [addPartSql(title, part)]),
      ),
  );
}
