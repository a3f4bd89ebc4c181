import type { Schema, Table } from '../schema.ts';
import { columnPath, type RuleContext, show, tablePath } from './context.ts';

/** A foreign key that every row of `from` must satisfy at once. */
interface Need {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

/** Foreign keys without a nullable column: a row cannot be there before the row it refers to. */
function needsOf(table: Table, schema: Schema): Need[] {
  const optional = new Set(table.columns.filter((column) => column.nullable).map((column) => column.name));
  const single = table.columns.flatMap((column): Need[] => {
    if (!column.references || column.nullable) return [];
    const path = `${columnPath(column, table, schema)}.references`;
    return [{ path, from: table.name, to: column.references.table }];
  });
  const several = table.foreignKeys.flatMap((key, index): Need[] => {
    if (key.columns.some((column) => optional.has(column))) return [];
    const path = `${tablePath(table, schema)}.foreignKeys[${index}]`;
    return [{ path, from: table.name, to: key.references.table }];
  });
  // Many keys to one table are one need; the first says where.
  const all = [...single, ...several];
  return all.filter((need, index) => all.findIndex((other) => other.to === need.to) === index);
}

/** The shortest way along needs from one table back to itself, or null. Breadth first. */
function shortestCycle(start: string, needs: ReadonlyMap<string, readonly Need[]>): Need[] | null {
  const queue: Need[][] = (needs.get(start) ?? []).map((need) => [need]);
  const reached = new Set<string>();
  for (const way of queue) {
    const last = way.at(-1);
    if (!last) continue;
    if (last.to === start) return way;
    if (reached.has(last.to)) continue;
    reached.add(last.to);
    for (const next of needs.get(last.to) ?? []) queue.push([...way, next]);
  }
  return null;
}

/** Circles of required foreign keys: no first row could ever be inserted. One report for each circle. */
export function checkCycles(context: RuleContext): void {
  const needs = new Map(context.schema.tables.map((table) => [table.name, needsOf(table, context.schema)]));
  const reported = new Set<string>();
  for (const table of context.schema.tables) {
    const cycle = shortestCycle(table.name, needs);
    const first = cycle?.[0];
    if (!cycle || !first || cycle.some((need) => reported.has(need.path))) continue;
    for (const need of cycle) reported.add(need.path);
    const circle = [...cycle.map((need) => need.from), first.from].map(show).join(' → ');
    context.report(
      first.path,
      cycle.length === 1
        ? `${show(first.from)} refers to itself and must: no first row could be inserted; make the column nullable`
        : `${circle} need each other: no first row could be inserted; make one of these foreign keys nullable`,
    );
  }
}
