import type { ContractFilter, ContractPaging, ContractSort } from '../../../domain/contract-list.ts';
import type { ContractAction } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { literal, readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Table } from '../../../domain/schema.ts';
import { jsonCode, member } from '../source.ts';
import { belonging, keyOf, type SqlScene, sourceOf, tableIn, visible } from './sql.ts';

type List = Extract<ContractAction, { kind: 'list' }>;

const inApp = (table: string): string => `${APP_SCHEMA}.${name(table)}`;

/** What is true of the rows that a list shows. */
export function listConditions(sql: SqlScene, action: List, table: Table, row: string): readonly string[] {
  const { parent, followed, filters } = action;
  return [
    ...(parent ? [belonging(table, parent, row, `= ${sql.parameters.of('key')}`)] : []),
    ...visible(sql, table, row),
    ...(followed
      ? [
          `${row}.${name(followed.ownerColumn)} in (select ${name(followed.toggle.column)} from ${inApp(followed.toggle.table)} where ${name(followed.toggle.accountColumn)} = ${sql.parameters.account(true)})`,
        ]
      : []),
    ...filters.map((filter) => {
      const parameter = sql.parameters.of(givenCode(filter));
      const condition = filterSql(sql, filter, table, row, parameter);
      return filter.isRequired ? condition : `(${parameter}${typeOf(sql, filter, table)} is null or ${condition})`;
    }),
  ];
}

function givenCode({ param, kind }: ContractFilter): string {
  const given = member('query', param);
  return kind === 'search' ? `containing(${given})` : given;
}

/** What a value is taken for, so that its absence has a type too. */
function typeOf({ schema }: SqlScene, filter: ContractFilter, table: Table): string {
  const many = filter.check.kind === 'list' ? '[]' : '';
  if (filter.kind === 'bound' && filter.check.kind === 'date') return '::date';
  if (filter.kind === 'bound' && filter.check.kind === 'number') return '::double precision';
  if (filter.kind !== 'equal' && filter.kind !== 'bound') return `::text${many}`;
  const type = table.columns.find((column) => column.name === filter.column)?.type ?? 'text';
  const isPlain = /^[a-z][a-z ]*(?:\(\d+\))?$/.test(type) && !schema.enums.some((own) => own.name === type);
  return `::${isPlain ? type.replace(/\(\d+\)$/, '') : inApp(type)}${many}`;
}

function filterSql(sql: SqlScene, filter: ContractFilter, table: Table, row: string, parameter: string): string {
  const named = (by: string, target: string) =>
    `select ${keyOf(tableIn(sql, target))} from ${sourceOf(sql, target)} where ${name(by)} = ${parameter}`;
  const isMany = filter.check.kind === 'list';
  switch (filter.kind) {
    case 'equal':
      return `${row}.${name(filter.column)} = ${isMany ? `any(${parameter})` : parameter}`;
    case 'member':
      return isMany
        ? `${row}.${name(filter.column)} && ${parameter}`
        : `${parameter} = any(${row}.${name(filter.column)})`;
    case 'search': {
      const found = filter.columns.map((column) => `${row}.${name(column)} ilike ${parameter}`).join(' or ');
      return filter.isRequired ? `(${found})` : found;
    }
    case 'bound':
      return boundSql(filter, table, row, parameter);
    case 'reference':
      return `${row}.${name(filter.column)} in (${named(filter.by, filter.table)})`;
    case 'switchedBy': {
      const { toggle } = filter;
      const switched = `select ${name(toggle.column)} from ${inApp(toggle.table)} where ${name(toggle.accountColumn)} in (${named(filter.by, filter.table)})`;
      return `${row}.${keyOf(table)} in (${switched})`;
    }
  }
}

/** A day is all of its moments. */
function boundSql(
  { column, operator, check }: Extract<ContractFilter, { kind: 'bound' }>,
  table: Table,
  row: string,
  parameter: string,
): string {
  const own = `${row}.${name(column)}`;
  const type = table.columns.find((candidate) => candidate.name === column)?.type;
  if (check.kind !== 'date' || type !== 'timestamptz') return `${own} ${operator} ${parameter}`;
  const next = `${parameter}::date + 1`;
  switch (operator) {
    case '<=':
      return `${own} < ${next}`;
    case '>':
      return `${own} >= ${next}`;
    default:
      return `${own} ${operator} ${parameter}::date`;
  }
}

/** As parameters say; then the newest first, where rows know when they were made. */
export function orderSql(sql: SqlScene, sort: ContractSort | null, table: Table, row: string): readonly string[] {
  const created = table.columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'created');
  const key = `${row}.${keyOf(table)}`;
  const usual = created ? [`${row}.${name(created.name)} desc`, `${key} desc`] : [key];
  if (!sort) return [`order by ${usual.join(', ')}`];
  const parameter = sql.parameters.of('sort');
  const chosen = sortCases(sort).map(
    ({ value, column, isDownwards }) =>
      `case when ${parameter}::text = ${literal(value)} then ${row}.${name(column)} end${isDownwards ? ' desc' : ''}`,
  );
  const all = [...chosen, ...usual];
  return ['order by', ...all.map((item, at) => `  ${item}${at < all.length - 1 ? ',' : ''}`)];
}

/** Each value that `sort` may have, with what it means. */
function sortCases({ choices, direction, directions, param }: ContractSort): ContractSort['choices'] {
  if (direction === null) return choices;
  return choices.flatMap(({ value, column, isDownwards }) =>
    directions.map((way) => ({
      value: param === null ? way : `${value} ${way}`,
      column,
      isDownwards: isDownwards !== /^desc/i.test(way),
    })),
  );
}

/** Puts the parameters that sort together. */
export function sortLine(sort: ContractSort | null): string {
  if (!sort) return '';
  const first = sort.isList ? (sort.preset === null ? '?.[0]' : '[0]') : '';
  const key = sort.param === null ? null : `${member('query', sort.param)}${first}`;
  const way = sort.direction === null ? null : member('query', sort.direction);
  if (key && way) return `const sort = \`\${${key}} \${${way}}\`;`;
  return `const sort = ${key ?? way};`;
}

/** Reads the query; lists are said to be lists. */
export function readQueryLine({ filters, sort }: Pick<List, 'filters' | 'sort'>): string {
  const lists = filters.filter(({ check }) => check.kind === 'list');
  const how = Object.fromEntries([
    ...lists.map(({ param, hasCommas }) => [param, hasCommas ? 'commas' : 'repeated']),
    ...(sort?.isList && sort.param !== null ? [[sort.param, 'repeated']] : []),
  ]);
  return Object.keys(how).length === 0
    ? 'const query = readQuery(event, querySchema);'
    : `const query = readQuery(event, querySchema, ${jsonCode(how)});`;
}

/** Of a list without pages, as `lib/list-parts.ts` has it: one more tells whether others follow. */
export const ONE_PART = 1000 + 1;

/** Which rows of all; `looksOn` reads one more, to know whether there are any. */
export function pageSql(
  sql: SqlScene,
  paging: ContractPaging | null,
  looksOn: boolean,
): { lines: readonly string[]; code: readonly string[] } {
  if (!paging)
    return {
      lines: [`limit ${ONE_PART} offset ${sql.parameters.of('offset')}`],
      code: ['const offset = offsetOf(event);'],
    };
  const { limit, preset, max, isStrict, offset, page, cursor, firstPage } = paging;
  const asked = limit === null ? String(preset) : member('query', limit);
  const size = limit === null || isStrict ? asked : `Math.min(${asked}, ${max})`;
  const paged = page && `${firstPage === 0 ? member('query', page) : `(${member('query', page)} - 1)`} * limit`;
  const start = offset ? member('query', offset) : (paged ?? (cursor ? `offsetAt(${member('query', cursor)})` : '0'));
  return {
    lines: [`limit ${sql.parameters.of(looksOn ? 'limit + 1' : 'limit')} offset ${sql.parameters.of('offset')}`],
    code: [`const limit = ${size};`, `const offset = ${start};`],
  };
}
