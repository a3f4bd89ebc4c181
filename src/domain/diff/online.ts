import { addPartSql } from '../ddl.ts';
import { readableIdentifier as name } from '../identifier.ts';
import { type Act, type Fill, ORDER, type Segment, type Step, step } from './context.ts';

/** Rows that one statement fills: what it locks is let go after some milliseconds. */
const BATCH = 5000;

/**
 * A change so that a service goes on while it is made: rows are filled in batches, indexes are made concurrently, each
 * alone in its file; rules are added for new rows first (NOT VALID), and the old ones checked without a lock that keeps
 * anybody from writing. A column is required by a check that was validated, so that nothing has to be read again.
 */
export function onlineSegments(whole: Segment): readonly Segment[] {
  const acts = whole.up.flatMap((item) => (item.act && isLong(item.act) ? [item.act] : []));
  if (acts.length === 0) return [whole];
  const covered = new Set(acts.flatMap(takenBack));
  const up = whole.up.flatMap((item) => {
    if (!item.act || !isLong(item.act)) return [item];
    if (item.act.kind === 'copy') return [];
    return item.act.kind === 'add' ? [{ ...item, sql: item.sql.slice(0, 1) }] : [];
  });
  const down = whole.down.filter(({ sql }) => sql.length === 0 || !sql.every((line) => covered.has(line)));
  // What has to be counted before is still counted, wherever the step has gone.
  const counted = whole.up.filter((item) => !up.includes(item)).flatMap(({ obstacles }) => obstacles);
  const parts = acts.flatMap((act) => rules(act));
  const segments: readonly Segment[] = [
    ...acts.filter(isFirst).flatMap(fillSegments),
    { up, down },
    ...acts.filter((act) => !isFirst(act)).flatMap(fillSegments),
    ...acts.flatMap(indexSegments),
    { up: parts.map(({ add }) => add), down: parts.map(({ drop }) => drop).reverse() },
    checked(parts),
  ].filter((segment) => segment.up.length > 0 || segment.down.length > 0);
  const [first, ...rest] = segments;
  const [head, ...more] = first?.up ?? [];
  if (!first || !head) return segments;
  return [{ ...first, up: [{ ...head, obstacles: [...head.obstacles, ...counted] }, ...more] }, ...rest];
}

/** Keys are part of the table, and what their rows are found by; they are left as they are. */
const isLong = (act: Act): boolean => act.kind !== 'part' || act.part.kind !== 'primary';

/** What is copied from a column that goes is copied before. */
const isFirst = (act: Act): boolean => act.kind === 'copy' && !act.isNew;

/** Statements of the way back that stand in the files after the first one. */
function takenBack(act: Act): string[] {
  if (act.kind === 'part') {
    return [
      `DROP INDEX ${name(act.part.name)};`,
      `ALTER TABLE ${name(act.table)} DROP CONSTRAINT ${name(act.part.name)};`,
    ];
  }
  return act.kind === 'require'
    ? [`ALTER TABLE ${name(act.table.name)} ALTER COLUMN ${name(act.column.name)} DROP NOT NULL;`]
    : [];
}

function fillSegments(act: Act): Segment[] {
  if (act.kind === 'part' || act.fill === null) return [];
  const [table, column] = [name(act.table.name), name(act.column.name)];
  const place = `${act.table.name}.${act.column.name}`;
  const what = `Give ${place} to rows that have none, ${BATCH} at a time.`;
  const up = step(ORDER.column, what, [batchSql(table, column, act.fill)]);
  const down = step(ORDER.column, `What ${place} was given stays until the column goes.`, ['SELECT 1;']);
  return [{ up: [up], down: [down], alone: 'repeated' }];
}

function batchSql(table: string, column: string, { value, mayBeEmpty }: Fill): string {
  const where = `${column} IS NULL${mayBeEmpty ? ` AND (${value}) IS NOT NULL` : ''}`;
  return [
    `UPDATE ${table} SET ${column} = ${value}`,
    `  WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} LIMIT ${BATCH}));`,
  ].join('\n');
}

/** Indexes, and those behind rules that values are unique. */
function indexSegments(act: Act): Segment[] {
  if (act.kind !== 'part' || (act.part.kind !== 'index' && act.part.kind !== 'unique')) return [];
  const { table, part } = act;
  const isUnique = part.kind === 'unique';
  const columns = isUnique ? `(${part.columns.map(name).join(', ')})` : part.rule;
  const make = `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${name(part.name)} ON ${name(table)} ${columns};`;
  const what = `${table} (${part.columns.join(', ')})`;
  return [
    {
      up: [step(ORDER.addPart, `Add ${isUnique ? 'the index of unique values' : 'the index'} of ${what}.`, [make])],
      down: [
        step(ORDER.dropPart, `Drop the index of ${what}.`, [`DROP INDEX CONCURRENTLY IF EXISTS ${name(part.name)};`]),
      ],
      alone: 'once',
    },
  ];
}

/** A rule that holds for new rows at once, and how the old ones are held to it. */
interface Rule {
  readonly add: Step;
  readonly drop: Step;
  /** Null where adding it was all. */
  readonly check: { readonly up: Step; readonly down: Step } | null;
}

function rules(act: Act): Rule[] {
  if (act.kind === 'copy') return [];
  return act.kind === 'part' ? partRules(act) : [requireRule(act)];
}

function partRules({ table, part }: Extract<Act, { kind: 'part' }>): Rule[] {
  if (part.kind === 'index') return [];
  const [alter, title] = [`ALTER TABLE ${name(table)}`, name(part.name)];
  const what = `${table} (${part.columns.join(', ')})`;
  const drop = step(ORDER.dropPart, `Drop the rule of ${what}.`, [`${alter} DROP CONSTRAINT ${title};`]);
  if (part.kind === 'unique') {
    const add = `${alter}\n  ADD CONSTRAINT ${title} UNIQUE USING INDEX ${title};`;
    return [{ add: step(ORDER.addKey, `Let values of ${what} be unique.`, [add]), drop, check: null }];
  }
  const added = `${addPartSql(table, part).slice(0, -1)} NOT VALID;`;
  const add = step(ORDER.addForeign, `Add the rule of ${what} for new rows.`, [added]);
  const check = {
    up: step(ORDER.addForeign, `Hold all rows to the rule of ${what}.`, [`${alter} VALIDATE CONSTRAINT ${title};`]),
    down: step(ORDER.dropForeign, `Hold new rows alone to it.`, [...drop.sql, added]),
  };
  return [{ add, drop, check }];
}

function requireRule({ table, column }: Exclude<Act, { kind: 'part' | 'copy' }>): Rule {
  const alter = `ALTER TABLE ${name(table.name)}`;
  const title = name(`_require_${column.name}`.slice(0, 60));
  const place = `${table.name}.${column.name}`;
  const added = `${alter}\n  ADD CONSTRAINT ${title} CHECK (${name(column.name)} IS NOT NULL) NOT VALID;`;
  const dropped = `${alter} DROP CONSTRAINT ${title};`;
  const set = `${alter} ALTER COLUMN ${name(column.name)}`;
  return {
    add: step(ORDER.column, `Require ${place} of new rows.`, [added]),
    drop: step(ORDER.column, `Require ${place} no longer.`, [dropped]),
    check: {
      up: step(ORDER.column, `Require ${place}.`, [
        `${alter} VALIDATE CONSTRAINT ${title};`,
        `${set} SET NOT NULL;`,
        dropped,
      ]),
      down: step(ORDER.column, `Require ${place} of new rows alone.`, [`${set} DROP NOT NULL;`, added]),
    },
  };
}

function checked(found: readonly Rule[]): Segment {
  const checks = found.flatMap(({ check }) => (check ? [check] : []));
  return { up: checks.map(({ up }) => up), down: checks.map(({ down }) => down).reverse() };
}
