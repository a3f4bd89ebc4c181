import type { ReferentialAction, Schema, Table } from './schema.ts';

/** A foreign key over one or several columns, whichever way the schema spells it. */
export interface Relation {
  readonly columns: readonly string[];
  readonly target: { readonly table: string; readonly columns: readonly string[] };
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
}

/** All foreign keys of a table: those at its columns first, in column order. */
export function relationsOf(table: Table): readonly Relation[] {
  const single = table.columns.flatMap((column): Relation[] => {
    if (!column.references) return [];
    const { table: parent, column: target, onDelete, onUpdate } = column.references;
    return [{ columns: [column.name], target: { table: parent, columns: [target] }, onDelete, onUpdate }];
  });
  const several = table.foreignKeys.map(({ columns, references, onDelete, onUpdate }) => ({
    columns,
    target: references,
    onDelete,
    onUpdate,
  }));
  return [...single, ...several];
}

/** A relation that every row must satisfy at once: none of its columns may be null. */
export function isRequired(relation: Relation, table: Table): boolean {
  return !table.columns.some((column) => column.nullable && relation.columns.includes(column.name));
}

/**
 * The tables so that parents come before their children, otherwise in the order of the schema. Where references run in
 * a circle, required ones win: rows inserted in this order, optional references left empty, always find their parents.
 */
export function inParentOrder(schema: Schema): readonly Table[] {
  const waiting = [...schema.tables];
  const placed: Table[] = [];
  const ready = (table: Table, relations: readonly Relation[]): boolean =>
    relations.every(
      ({ target }) => target.table === table.name || !waiting.some((other) => other.name === target.table),
    );
  while (waiting.length > 0) {
    const next =
      waiting.find((table) => ready(table, relationsOf(table))) ??
      waiting.find((table) =>
        ready(
          table,
          relationsOf(table).filter((relation) => isRequired(relation, table)),
        ),
      ) ??
      waiting[0];
    if (!next) break;
    waiting.splice(waiting.indexOf(next), 1);
    placed.push(next);
  }
  return placed;
}
