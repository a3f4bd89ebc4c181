import type { ContractView } from '../../../domain/contract-rows.ts';
import type { Table } from '../../../domain/schema.ts';
import { omittedPart, showLines, shownCode } from './read-routes.ts';
import { answer, emptyAnswer, foundLine, read, statusLine } from './route-lines.ts';
import { type RouteScene, sqlScene, statement, where } from './route-module.ts';
import { keyOf } from './sql.ts';

/** Part and lines that answer the row a statement gave the key of. */
export function shownParts(scene: RouteScene, table: Table, view: ContractView | null, isOwn: boolean) {
  if (!view) return { parts: [], lines: [emptyAnswer(scene)] };
  const sql = sqlScene(scene);
  const { row, lines, omitted } = showLines(sql, table, view, isOwn);
  const key = sql.parameters.of('row.key');
  const text = [...lines, ...where([`${row}.${keyOf(table)} = ${key}`])];
  const values = sql.parameters.values;
  return {
    parts: [statement('SHOW', `${table.name}.${scene.operation.id}.show`, text), omittedPart(omitted)],
    lines: [
      foundLine('shown', read(scene, 'readRow', 'object', 'SHOW', values)),
      statusLine(scene),
      answer(view, shownCode('shown', omitted)),
    ],
  };
}
