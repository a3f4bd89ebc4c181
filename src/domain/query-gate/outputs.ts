import type { Schema } from '../schema.ts';
import { at, listOf, nameParts, placesOf } from './tree.ts';

/** A column of the rows that a query gives. */
export interface OutputColumn {
  readonly name: string;
  /** Nothing says that there always is a value. */
  readonly nullable: boolean;
}

/** The columns a statement gives; one without a name is null. */
export function outputsOf(kind: string, tree: unknown, schema: Schema): readonly (OutputColumn | null)[] {
  const isSelect = kind === 'SelectStmt';
  const first = isSelect ? firstOfUnion(tree) : tree;
  const targets = listOf(isSelect ? at(first, 'targetList') : at(first, 'returningClause', 'exprs'));
  const isLoose = first !== tree || !isStrict(first);
  return targets.map((target) => {
    const value = at(target, 'ResTarget', 'val');
    const alias = at(target, 'ResTarget', 'name');
    const column = nameParts(at(value, 'ColumnRef', 'fields')).at(-1);
    const name = typeof alias === 'string' ? alias : column;
    return name === undefined ? null : { name, nullable: isLoose || isNullable(value, first, schema) };
  });
}

/** The names of a union are those of its first part. */
function firstOfUnion(tree: unknown): unknown {
  let part = tree;
  for (let left = at(part, 'larg'); left !== undefined; left = at(part, 'larg')) part = left;
  return part;
}

/** Neither an outer join nor grouping sets, which make nothing of something. */
function isStrict(tree: unknown): boolean {
  const places = [...placesOf('', tree)];
  return !places.some(
    ({ name, value }) =>
      name === 'GroupingSet' || (name === 'JoinExpr' && ![undefined, 'JOIN_INNER'].includes(textOf(value.jointype))),
  );
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function isNullable(value: unknown, tree: unknown, schema: Schema): boolean {
  const called = nameParts(at(value, 'FuncCall', 'funcname')).at(-1);
  if (called === 'count' || called === 'row_number' || called === 'rank' || called === 'dense_rank') return false;
  if (at(value, 'SubLink', 'subLinkType') === 'EXISTS_SUBLINK') return false;
  const parts = nameParts(at(value, 'ColumnRef', 'fields'));
  const column = parts.at(-1);
  const sources = sourcesOf(tree).filter(({ name }) => parts.length < 2 || name === parts[0]);
  const found = sources.map(({ table }) => schema.tables.find(({ name }) => name === table));
  // Of a with query nothing is known.
  if (found.some((table) => table === undefined)) return true;
  const columns = found.flatMap((table) => table?.columns.filter(({ name }) => name === column) ?? []);
  return columns.length !== 1 || columns[0]?.nullable !== false;
}

/** Tables of the outermost part, by the name their columns are called with; what else there is has no table. */
function sourcesOf(tree: unknown): readonly { readonly name: string; readonly table: string }[] {
  const relation = at(tree, 'relation');
  const waiting = [...listOf(at(tree, 'fromClause')), ...listOf(at(tree, 'usingClause'))];
  if (relation !== undefined) waiting.push({ RangeVar: relation });
  const found: { name: string; table: string }[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const join = at(next, 'JoinExpr');
    const table = textOf(at(next, 'RangeVar', 'relname'));
    const alias = textOf(at(next, 'RangeVar', 'alias', 'aliasname'));
    if (join !== undefined) waiting.push(at(join, 'larg'), at(join, 'rarg'));
    else if (table !== undefined) found.push({ name: alias ?? table, table });
    else if (at(next, 'RangeVar') === undefined) found.push({ name: '', table: '' });
  }
  return found;
}
