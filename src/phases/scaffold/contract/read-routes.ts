import type { ContractAction } from '../../../domain/contract-plan.ts';
import type { ContractView, ViewField } from '../../../domain/contract-rows.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Table } from '../../../domain/schema.ts';
import { listed, property, quoted } from '../source.ts';
import { ONE_PART } from './list-sql.ts';
import { answer, askerLine, foundLine, pathParts, read } from './route-lines.ts';
import { items, type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { addressed, rowName, type SqlScene, sourceOf, tableIn, viewItems, visible } from './sql.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

/** Members of the row itself, wherever they stand in the answer. */
export function rowFields(fields: readonly ViewField[]): readonly ViewField[] {
  return fields.flatMap((field) => (field.kind === 'self' ? rowFields(field.fields) : [field]));
}

/** A SELECT that shows rows, and the code that leaves out what is empty. */
export function showLines(sql: SqlScene, table: Table, view: ContractView, isOwn: boolean) {
  const row = isOwn ? name(table.name) : rowName(table.name, sql);
  const from = isOwn ? `${APP_SCHEMA}.${name(table.name)}` : sourceOf(sql, table.name);
  const { items: shown, omitted } = viewItems(sql, table, rowFields(view.fields), row);
  return { row, lines: [...items('select', shown), `from ${from}`], omitted };
}

/** More names than fit beside the code that leaves them out. */
const MOST_NAMES = 40;

/** Names of members that are left out when they are empty, where there are many. */
export function omittedPart(omitted: readonly string[]): string {
  const names = omitted.map(quoted);
  return names.join(', ').length <= MOST_NAMES ? '' : listed('const OPTIONAL = [', names, '];');
}

/** The row as it is answered. */
export function shownCode(row: string, omitted: readonly string[]): string {
  if (omitted.length === 0) return row;
  return `withoutNulls(${row}, ${omittedPart(omitted) === '' ? `[${omitted.map(quoted).join(', ')}]` : 'OPTIONAL'})`;
}

/** `GET /articles/{slug}`. */
export function readRoute(scene: RouteScene, { address, view }: Of<'read'>): string {
  const sql = sqlScene(scene);
  const table = tableIn(scene, address.table);
  const { row, lines, omitted } = showLines(sql, table, view, false);
  const conditions = [...addressed(sql, address, row), ...visible(sql, table, row)];
  const path = pathParts(address);
  const text = [...lines, ...where(conditions)];
  return routeFile(
    scene,
    [path.part, statement('FIND', `${table.name}.${scene.operation.id}`, text), omittedPart(omitted)],
    [
      askerLine(scene),
      path.line,
      foundLine('row', read(scene, 'readRow', 'object', 'FIND', sql.parameters.values)),
      answer(view, shownCode('row', omitted)),
    ],
  );
}

/** `GET /tags`. */
export function valuesRoute(scene: RouteScene, { table, column, wrap }: Of<'values'>): string {
  const lines = [
    `select distinct unnest(${name(column)}) as value`,
    `from ${APP_SCHEMA}.${name(table)}`,
    'order by value',
    `limit ${ONE_PART} offset $1`,
  ];
  const list = 'rows.map((row) => row.value)';
  return routeFile(
    scene,
    [statement('LIST', `${table}.${scene.operation.id}`, lines)],
    [
      askerLine(scene),
      'const offset = offsetOf(event);',
      `const all = ${read(scene, 'readRows', '{ value: string }', 'LIST', ['offset'])};`,
      'const rows = partOf(event, all, offset);',
      wrap === null ? `return ${list};` : `return { ${property(wrap)}: ${list} };`,
    ],
  );
}
