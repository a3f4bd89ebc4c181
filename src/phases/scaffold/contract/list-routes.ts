import type { ContractTotal } from '../../../domain/contract-list.ts';
import type { ContractAction } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { LINE_WIDTH, property } from '../source.ts';
import { listConditions, orderSql, pageSql, readQueryLine, sortLine } from './list-sql.ts';
import { queryPart } from './query-part.ts';
import { omittedPart, showLines, shownCode } from './read-routes.ts';
import { askerLine, foundLine, handlerList, keyParts, pathParts, read, valuesLine } from './route-lines.ts';
import { type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { tableIn } from './sql.ts';

type List = Extract<ContractAction, { kind: 'list' }>;

/** `GET /articles?tag=…&limit=…`. */
export function listRoute(scene: RouteScene, action: List): string {
  const { view, totals, parent, paging, filters, sort } = action;
  const table = tableIn(scene, action.table);
  const sql = sqlScene(scene);
  const looksOn = totals.some(({ means }) => means === 'more' || means === 'cursor');
  const { row, lines, omitted } = showLines(sql, table, view, true);
  const conditions = listConditions(sql, action, table, row);
  const order = orderSql(sql, sort, table, row);
  const window = pageSql(sql, paging, looksOn);
  const title = `${table.name}.${scene.operation.id}`;
  const text = [...lines, ...where(conditions), ...order, ...window.lines];
  const path = pathParts(parent?.address ?? null);
  const found = parent ? keyParts(scene, parent.address, 'PARENT') : { part: '', line: '' };
  const needsTotal = totals.some(({ means }) => means === 'total' || means === 'pages');
  const count = needsTotal ? countParts(scene, action, row) : { part: '', line: '' };
  const reading = scene.schema.accounts
    ? 'readRowsAs<object>(account, LIST, values)'
    : 'readRows<object>(LIST, values)';
  const asksQuery = filters.length > 0 || paging !== null || sort !== null;
  return routeFile(
    scene,
    [path.part, queryPart(action), found.part, statement('LIST', title, text), omittedPart(omitted), count.part],
    [
      askerLine(scene),
      path.line,
      ...(asksQuery ? [readQueryLine(filters)] : []),
      ...window.code,
      sortLine(sort),
      found.line,
      valuesLine(sql.parameters.values),
      ...rowLines(reading, { looksOn, isPaged: paging !== null }),
      count.line,
      answerLine(action, omitted.length === 0 ? 'rows' : `rows.map((row) => ${shownCode('row', omitted)})`),
    ],
  );
}

function rowLines(reading: string, how: { readonly looksOn: boolean; readonly isPaged: boolean }): readonly string[] {
  if (!how.isPaged) return [`const rows = partOf(event, await ${reading}, offset);`];
  const whole = `(await ${reading}).filter((row) => row !== MORE);`;
  return how.looksOn ? [`const some = ${whole}`, 'const rows = some.slice(0, limit);'] : [`const rows = ${whole}`];
}

function countParts(scene: RouteScene, action: List, row: string): { readonly part: string; readonly line: string } {
  const table = tableIn(scene, action.table);
  const sql = sqlScene(scene);
  const text = [
    'select count(*)::integer as total',
    `from ${APP_SCHEMA}.${name(table.name)}`,
    ...where(listConditions(sql, action, table, row)),
  ];
  return {
    part: statement('COUNT', `${table.name}.${scene.operation.id}.count`, text),
    line: foundLine('{ total }', read(scene, 'readRow', '{ total: number }', 'COUNT', sql.parameters.values)),
  };
}

/** Of the members of what a handler gives back. */
const MEMBER_INDENT = 4;

function answerLine({ view, totals, paging }: List, shown: string): string {
  if (view.wrap === null) return `return ${shown};`;
  const beside = totals.filter(({ within }) => within === null).map((total) => memberCode(total, paging));
  const homes = new Set(totals.flatMap(({ within }) => within ?? []));
  const inside = [...homes].map((home) => {
    const members = totals.filter(({ within }) => within === home).map((total) => memberCode(total, paging));
    const line = `${property(home)}: { ${members.join(', ')} }`;
    if (MEMBER_INDENT + line.length + 1 <= LINE_WIDTH) return line;
    return [`${property(home)}: {`, ...members.map((one) => `      ${one},`), '    }'].join('\n');
  });
  const rows = view.wrap === shown ? shown : `${property(view.wrap)}: ${shown}`;
  return handlerList('return {', [rows, ...beside, ...inside], '};');
}

function memberCode(total: ContractTotal, paging: List['paging']): string {
  const code = totalCode(total, paging);
  return total.name === code ? code : `${property(total.name)}: ${code}`;
}

function totalCode({ means, omits }: ContractTotal, paging: List['paging']): string {
  switch (means) {
    case 'pages':
      return 'Math.ceil(total / limit)';
    case 'page':
      return paging?.firstPage === 0 ? 'Math.floor(offset / limit)' : 'Math.floor(offset / limit) + 1';
    case 'more':
      return 'some.length > limit';
    case 'less':
      return 'offset > 0';
    case 'cursor':
      return `some.length > limit ? cursorAt(offset + limit) : ${omits ? 'undefined' : 'null'}`;
    default:
      return means;
  }
}
