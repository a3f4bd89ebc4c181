import type {
  ContractAction,
  ContractFilter,
  ContractPaging,
  ContractView,
  ViewField,
} from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Table } from '../../../domain/schema.ts';
import { listed, property, quoted } from '../source.ts';
import { type QueryMember, querySchema } from './check-code.ts';
import {
  answer,
  askerLine,
  foundLine,
  handlerList,
  items,
  keyParts,
  pathParts,
  type RouteScene,
  read,
  routeFile,
  sqlScene,
  statement,
  valuesLine,
  where,
} from './route-module.ts';
import { addressed, keyOf, rowName, type SqlScene, sourceOf, tableIn, viewItems, visible } from './sql.ts';

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
    'limit 1000',
  ];
  const list = 'rows.map((row) => row.value)';
  return routeFile(
    scene,
    [statement('LIST', `${table}.${scene.operation.id}`, lines)],
    [
      askerLine(scene),
      `const rows = ${read(scene, 'readRows', '{ value: string }', 'LIST', [])};`,
      wrap === null ? `return ${list};` : `return { ${property(wrap)}: ${list} };`,
    ],
  );
}

/** Rows that a list without pages answers at most. */
const MOST_ROWS = 1000;

/** `GET /articles?tag=…&limit=…`. */
export function listRoute(scene: RouteScene, action: Of<'list'>): string {
  const { view, totals, parent, paging } = action;
  const table = tableIn(scene, action.table);
  const sql = sqlScene(scene);
  const { row, lines, omitted } = showLines(sql, table, view, true);
  const conditions = listConditions(sql, action, table, row);
  const window = pageSql(sql, paging);
  const title = `${table.name}.${scene.operation.id}`;
  const text = [...lines, ...where(conditions), ...orderSql(table, row), ...window.lines];
  const parts = [statement('LIST', title, text), omittedPart(omitted)];
  const handler = [askerLine(scene)];
  const path = pathParts(parent?.address ?? null);
  handler.push(path.line);
  if (action.filters.length > 0 || paging) handler.push('const query = readQuery(event, querySchema);', ...window.code);
  if (parent) {
    const found = keyParts(scene, parent.address, 'PARENT');
    parts.unshift(found.part);
    handler.push(found.line);
  }
  parts.unshift(path.part, queryPart(action.filters, paging));
  const given = sql.parameters.values.length > 0 ? 'values' : '[]';
  if (given === 'values') handler.push(valuesLine(sql.parameters.values));
  const reading = scene.schema.accounts
    ? `readRowsAs<object>(account, LIST, ${given})`
    : `readRows<object>(LIST, ${given})`;
  handler.push(`const rows = (await ${reading}).filter((row) => row !== MORE);`);
  const shown = omitted.length === 0 ? 'rows' : `rows.map((row) => ${shownCode('row', omitted)})`;
  const needsTotal = totals.some(({ means }) => means === 'total' || means === 'pages');
  if (needsTotal) {
    const counting = sqlScene(scene);
    const counted = [
      `select count(*)::integer as total`,
      `from ${APP_SCHEMA}.${name(table.name)}`,
      ...where(listConditions(counting, action, table, row)),
    ];
    parts.push(statement('COUNT', `${title}.count`, counted));
    handler.push(
      foundLine('{ total }', read(scene, 'readRow', '{ total: number }', 'COUNT', counting.parameters.values)),
    );
  }
  const beside = totals.map(({ name: member, means }) =>
    member === totalCode(means) ? member : `${property(member)}: ${totalCode(means)}`,
  );
  handler.push(
    view.wrap === null
      ? `return ${shown};`
      : handlerList('return {', [`${property(view.wrap)}: ${shown}`, ...beside], '};'),
  );
  return routeFile(scene, parts, handler);
}

function totalCode(means: string): string {
  switch (means) {
    case 'total':
      return 'total';
    case 'pages':
      return 'Math.ceil(total / limit)';
    case 'page':
      return 'Math.floor(offset / limit) + 1';
    default:
      return means;
  }
}

function listConditions(sql: SqlScene, action: Of<'list'>, table: Table, row: string): readonly string[] {
  const { parent, followed, filters } = action;
  return [
    ...(parent ? [`${row}.${name(parent.column)} = ${sql.parameters.of('key')}`] : []),
    ...visible(sql, table, row),
    ...(followed
      ? [
          `${row}.${name(followed.ownerColumn)} in (select ${name(followed.toggle.column)} from ${APP_SCHEMA}.${name(followed.toggle.table)} where ${name(followed.toggle.accountColumn)} = ${sql.parameters.account(true)})`,
        ]
      : []),
    ...filters.map((filter) => filterSql(sql, filter, table, row)),
  ];
}

function filterSql(sql: SqlScene, filter: ContractFilter, table: Table, row: string): string {
  const parameter = sql.parameters.of(`query[${quoted(filter.param)}]`.replace(/\['([A-Za-z_$][\w$]*)'\]/, '.$1'));
  const typed = (type: string) => `${parameter}::${type}`;
  const source = 'table' in filter ? sourceOf(sql, filter.table) : '';
  const named =
    'table' in filter
      ? `select ${keyOf(tableIn(sql, filter.table))} from ${source} where ${name(filter.by)} = ${parameter}`
      : '';
  switch (filter.kind) {
    case 'equal': {
      const type = table.columns.find((column) => column.name === filter.column)?.type ?? 'text';
      const plain = /^[a-z][a-z ]*(?:\(\d+\))?$/.test(type) && !sql.schema.enums.some((own) => own.name === type);
      const cast = plain ? type.replace(/\(\d+\)$/, '') : `${APP_SCHEMA}.${name(type)}`;
      return `(${typed(cast)} is null or ${row}.${name(filter.column)} = ${parameter})`;
    }
    case 'member':
      return `(${typed('text')} is null or ${parameter} = any(${row}.${name(filter.column)}))`;
    case 'reference':
      return `(${typed('text')} is null or ${row}.${name(filter.column)} in (${named}))`;
    case 'switchedBy': {
      const { toggle } = filter;
      const switched = `select ${name(toggle.column)} from ${APP_SCHEMA}.${name(toggle.table)} where ${name(toggle.accountColumn)} in (${named})`;
      return `(${typed('text')} is null or ${row}.${keyOf(table)} in (${switched}))`;
    }
  }
}

/** The newest first, where rows know when they were made. */
function orderSql(table: Table, row: string): readonly string[] {
  const created = table.columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'created');
  const key = `${row}.${keyOf(table)}`;
  return [created ? `order by ${row}.${name(created.name)} desc, ${key} desc` : `order by ${key}`];
}

function pageSql(sql: SqlScene, paging: ContractPaging | null): { lines: readonly string[]; code: readonly string[] } {
  if (!paging) return { lines: [`limit ${MOST_ROWS}`], code: [] };
  const { limit, preset, max, isStrict, offset, page } = paging;
  const asked = limit === null ? String(preset) : `query.${limit}`;
  const size = limit === null || isStrict ? asked : `Math.min(${asked}, ${max})`;
  const start = offset ? `query.${offset}` : page ? `(query.${page} - 1) * limit` : '0';
  return {
    lines: [`limit ${sql.parameters.of('limit')} offset ${sql.parameters.of('offset')}`],
    code: [`const limit = ${size};`, `const offset = ${start};`],
  };
}

/** Far enough for everybody, and no number the database cannot count to. */
const FARTHEST = 1_000_000_000;

function queryPart(filters: readonly ContractFilter[], paging: ContractPaging | null): string {
  const members: QueryMember[] = filters.map(({ param, check }) => ({ name: param, check, tail: '.optional()' }));
  const add = (name: string, min: number, max: number, preset: number) =>
    members.push({ name, check: { kind: 'integer', nullable: false, min, max }, tail: `.default(${preset})` });
  if (paging?.limit) add(paging.limit, 1, paging.isStrict ? paging.max : FARTHEST, paging.preset);
  if (paging?.offset) add(paging.offset, 0, FARTHEST, 0);
  else if (paging?.page) add(paging.page, 1, FARTHEST / 1000, 1);
  return members.length === 0 ? '' : querySchema(members);
}
