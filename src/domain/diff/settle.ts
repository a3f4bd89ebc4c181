import type { Catalog, CatalogTable } from '../catalog.ts';
import { identifier, readableIdentifier as name } from '../identifier.ts';
import { policiesByTable } from '../policies.ts';
import type { Schema } from '../schema.ts';
import { ORDER, type Step, step } from './context.ts';

/**
 * What makes a database that grew by hand one that the schema read from it would make: constraints and indexes get the
 * names they would have, and policies of ours that say something else are said again. `fresh` is a new database of
 * `schema`.
 */
export function settleSteps(found: Catalog, fresh: Catalog, schema: Schema): readonly Step[] {
  return found.tables.flatMap((table) => {
    const wanted = fresh.tables.find((other) => other.name === table.name);
    if (!wanted) return [];
    const names = [...renamedConstraints(table, wanted), ...renamedIndexes(table, wanted)];
    return [
      ...(names.length === 0 ? [] : [step(ORDER.wallDown - 2, `Names in ${table.name}.`, names)]),
      ...settledPolicies(table, wanted, schema),
    ];
  });
}

interface Named {
  readonly name: string;
  readonly rule: string;
}

/** Those of the same rule that are called otherwise. */
function misnamed(found: readonly Named[], wanted: readonly Named[]): readonly (readonly [string, string])[] {
  const free = wanted.filter((item) => !found.some((other) => other.name === item.name));
  return found.flatMap((item): (readonly [string, string])[] => {
    if (wanted.some((other) => other.name === item.name)) return [];
    const at = free.findIndex(({ rule }) => rule === item.rule);
    const heir = at === -1 ? undefined : free.splice(at, 1)[0];
    return heir ? [[item.name, heir.name]] : [];
  });
}

function renamedConstraints(table: CatalogTable, wanted: CatalogTable): string[] {
  const ruled = ({ constraints }: CatalogTable) =>
    constraints.map(({ name: title, kind, definition }) => ({ name: title, rule: `${kind} ${definition}` }));
  return misnamed(ruled(table), ruled(wanted)).map(
    ([from, to]) => `ALTER TABLE ${name(table.name)} RENAME CONSTRAINT ${name(from)} TO ${name(to)};`,
  );
}

function renamedIndexes(table: CatalogTable, wanted: CatalogTable): string[] {
  const ruled = ({ indexes }: CatalogTable) =>
    indexes.map(({ name: title, unique, definition }) => ({ name: title, rule: `${unique} ${definition}` }));
  return misnamed(ruled(table), ruled(wanted)).map(([from, to]) => `ALTER INDEX ${name(from)} RENAME TO ${name(to)};`);
}

const OURS = new Set(['may_read', 'may_insert', 'may_update', 'may_delete']);

function settledPolicies(table: CatalogTable, wanted: CatalogTable, schema: Schema): Step[] {
  const ours = ({ policies }: CatalogTable) => policies.filter((policy) => OURS.has(policy.name));
  if (JSON.stringify(ours(table)) === JSON.stringify(ours(wanted))) return [];
  const [enable = '', ...policies] = policiesByTable(schema).get(table.name) ?? [];
  const sql = [
    ...ours(table).map((policy) => `DROP POLICY ${identifier(policy.name)} ON ${name(table.name)};`),
    ...(table.rowSecurity || enable === '' ? [] : [enable]),
    ...policies,
  ];
  return sql.length === 0 ? [] : [step(ORDER.wallDown - 2, `Say again who may do what with ${table.name}.`, sql)];
}
