import type { Origin } from '../../../domain/explanation.ts';
import type { SchemaInput } from '../../../domain/schema.ts';
import type { Draft } from './draft.ts';
import { known, spoken } from './origin.ts';
import type { PartKind } from './part-origins.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

/** What a table has beside its columns. */
type Keys = Pick<TableInput, 'uniques' | 'indexes' | 'checks'>;
/** Writes down where a part of the table comes from. */
export type Tell = (kind: PartKind, parts: readonly string[], origin: Origin) => void;

/** Uniques, one index for each reference that leads no key, and comparisons between columns. */
export function keys(
  one: Draft,
  columns: readonly ColumnInput[],
  renamed: ReadonlyMap<string, string>,
  tell: Tell,
  given: TableInput | null,
): Keys {
  const has = (name: string) => columns.find((column) => column.name === name);
  const primary = columns.filter(({ primaryKey: isKey }) => isKey).map(({ name }) => name);
  const uniques: string[][] = [...(given?.uniques ?? [])];
  const seen = new Set([primary, ...uniques].map((group) => [...group].sort().join()));
  for (const { parts, origin } of one.uniques) {
    const group = [...new Set(parts.map((part) => renamed.get(part) ?? part))];
    const single = group.length === 1 ? has(group[0] ?? '') : undefined;
    if (single) {
      single.unique = true;
      tell('unique', group, origin);
    }
    const id = [...group].sort().join();
    const usable = group.length > 1 && group.length <= 8 && group.every((part) => has(part) && !has(part)?.unique);
    if (!usable || seen.has(id) || uniques.length >= 16) continue;
    seen.add(id);
    uniques.push(group);
    tell('unique', group, origin);
  }
  const before = given?.indexes ?? [];
  const leading = new Set([primary[0], ...uniques.map(([first]) => first), ...before.map((index) => index.columns[0])]);
  // What a table that is there does without stays without.
  const old = new Set(given?.columns.map(({ name }) => name));
  const indexes = columns
    .filter((column) => column.references && !column.unique && !leading.has(column.name) && !old.has(column.name))
    .map((column) => ({ columns: [column.name] }));
  if (given) return { uniques, indexes: [...before, ...indexes], checks: given.checks ?? [] };
  const checks = (one.entity?.checks ?? [])
    .map((check) => ({ ...check, left: renamed.get(check.left) ?? '', right: renamed.get(check.right) ?? '' }))
    .filter(({ left, right }) => has(left) && has(right) && has(left)?.type === has(right)?.type);
  for (const { left, operator, right } of checks) {
    if (one.entity) tell('check', [left, right], known(one.entity, `${spoken(left)} ${operator} ${spoken(right)}`));
  }
  return { uniques, indexes, checks };
}
