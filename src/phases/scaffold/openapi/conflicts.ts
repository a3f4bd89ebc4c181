import { relationsOf } from '../../../domain/relations.ts';
import type { InputField } from '../../../domain/rest.ts';
import type { Table } from '../../../domain/schema.ts';
import type { Scene } from './scene.ts';

/** Whether a value of the fields may be taken. */
export function isUnique(table: Table, fields: readonly InputField[]): boolean {
  const names = new Set(fields.map(({ column }) => column.name));
  const own = fields.some(({ column }) => column.unique || column.primaryKey);
  return own || table.uniques.some((columns) => columns.some((name) => names.has(name)));
}

/** Whether the fields refer to other rows. */
export function isReference(table: Table, fields: readonly InputField[]): boolean {
  return relationsOf(table).some(({ columns }) => fields.some(({ column }) => columns.includes(column.name)));
}

/** Whether other rows refer to a value of the fields. */
export function isReferredTo({ schema }: Scene, table: Table, fields: readonly InputField[]): boolean {
  const relations = schema.tables.flatMap((other) => relationsOf(other));
  const own = relations.filter(({ target }) => target.table === table.name);
  return own.some(({ target }) => fields.some(({ column }) => target.columns.includes(column.name)));
}

/** Whether rows of other tables can keep a row from being deleted, or one that would go with it. */
export function holdsRows({ schema }: Scene, table: Table): boolean {
  const seen = new Set<string>();
  const holds = (name: string): boolean => {
    if (seen.has(name)) return false;
    seen.add(name);
    return schema.tables.some((other) =>
      relationsOf(other).some(({ target, onDelete }) => {
        if (target.table !== name) return false;
        return onDelete === 'cascade' ? holds(other.name) : onDelete !== 'set-null';
      }),
    );
  };
  return holds(table.name);
}
