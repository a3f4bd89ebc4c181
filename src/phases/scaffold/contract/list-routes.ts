import type { ContractTotal } from '../../../domain/contract-list.ts';
import type { ContractAction } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { LINE_WIDTH, property, quoted } from '../source.ts';
import { listConditions, orderSql, pageSql, readQueryLine, sortLine } from './list-sql.ts';
import { queryPart } from './query-part.ts';
import { omittedPart, showLines, shownCode } from './read-routes.ts';
import {
  askerLine,
  constantCode,
  foundLine,
  handlerList,
  keyParts,
  pathParts,
  read,
  valuesLine,
} from './route-lines.ts';
import { type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { tableIn } from './sql.ts';

type List = Extract<ContractAction, { kind: 'list' }>;

/** `GET /articles?tag=…&limit=…`. */
export function listRoute(scene: RouteScene, action: List): string {
  const { view, totals, parent, paging, filters, sort, totalHeader } = action;
  const table = tableIn(scene, action.table);
  const sql = sqlScene(scene);
  const looksOn = totals.some(({ means }) => ['more', 'cursor', 'last'].includes(means));
  const { row, lines, omitted } = showLines(sql, table, view, true);
  const conditions = listConditions(sql, action, table, row);
  const order = orderSql(sql, sort, table, row);
  const window = pageSql(sql, paging, looksOn);
  const title = `${table.name}.${scene.operation.id}`;
  const text = [...lines, ...where(conditions), ...order, ...window.lines];
  const path = pathParts(parent?.address ?? null);
  const found = parent ? keyParts(scene, parent.address, 'PARENT') : { part: '', line: '' };
  const needsTotal = totalHeader !== null || totals.some(({ means }) => means === 'total' || means === 'pages');
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
      ...(asksQuery ? [readQueryLine(action)] : []),
      ...window.code,
      sortLine(sort),
      found.line,
      valuesLine(sql.parameters.values),
      ...rowLines(reading, { looksOn, isPaged: paging !== null }),
      count.line,
      totalHeader === null ? '' : `event.res.headers.set(${quoted(totalHeader)}, String(total));`,
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
  const rows = view.wrap === shown ? shown : `${property(view.wrap)}: ${shown}`;
  return handlerList('return {', [rows, ...besideCode(totals, paging, [])], '};');
}

/** Members beside a list, and the objects that hold some of them. */
function besideCode(totals: readonly ContractTotal[], paging: List['paging'], home: readonly string[]): string[] {
  const below = totals.filter(({ within }) => home.every((part, at) => within[at] === part));
  const own = below.filter(({ within }) => within.length === home.length).map((total) => memberCode(total, paging));
  const homes = new Set(below.flatMap(({ within }) => within[home.length] ?? []));
  const inside = [...homes].map((name) => {
    const members = besideCode(totals, paging, [...home, name]);
    const line = `${property(name)}: { ${members.join(', ')} }`;
    const indent = MEMBER_INDENT + 2 * home.length;
    if (indent + line.length + 1 <= LINE_WIDTH && !line.includes('\n')) return line;
    const pad = ' '.repeat(indent);
    return [`${property(name)}: {`, ...members.map((one) => `${pad}  ${one},`), `${pad}}`].join('\n');
  });
  return [...own, ...inside];
}

function memberCode(total: ContractTotal, paging: List['paging']): string {
  const code = totalCode(total, paging);
  return total.name === code ? code : `${property(total.name)}: ${code}`;
}

function totalCode(total: ContractTotal, paging: List['paging']): string {
  switch (total.means) {
    case 'pages':
      return 'Math.ceil(total / limit)';
    case 'page':
      return paging?.firstPage === 0 ? 'Math.floor(offset / limit)' : 'Math.floor(offset / limit) + 1';
    case 'more':
      return 'some.length > limit';
    case 'less':
      return 'offset > 0';
    case 'cursor':
      return `some.length > limit ? cursorAt(offset + limit) : ${total.omits ? 'undefined' : 'null'}`;
    case 'here':
      return 'rows.length';
    case 'empty':
      return 'rows.length === 0';
    case 'first':
      return 'offset === 0';
    case 'last':
      return 'some.length <= limit';
    case 'nothing':
      return '{}';
    case 'constant':
      return constantCode(total.value);
    default:
      return total.means;
  }
}
