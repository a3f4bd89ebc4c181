import type { Origin, Part } from '../../../domain/explanation.ts';

/** Where parts of a design come from, by `partKey`. */
export type Origins = Map<string, Origin>;
export type PartKind = Part['kind'];

/** One key for a part of a schema; columns may stand in any order. */
export function partKey(kind: PartKind, name: string, columns: readonly string[]): string {
  return `${kind} ${name} ${[...columns].sort().join(' ')}`;
}

/** The key of a part of a finished schema. */
export function keyOfPart(part: Part): string {
  if (part.kind === 'enum') return partKey('enum', part.type.name, []);
  return partKey(part.kind, part.table.name, part.kind === 'table' ? [] : part.columns);
}
