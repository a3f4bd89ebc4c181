import type { ContractAction } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { askerLine, emptyAnswer, foundLine, keyParts, pathParts, read, write } from './route-lines.ts';
import { KEY_TYPE, type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { changeable, keyOf, tableIn } from './sql.ts';

/** `PUT` and `DELETE /posts/{id}/tags/{tagId}`. */
export function linkRoute(scene: RouteScene, action: Extract<ContractAction, { kind: 'link' }>): string {
  const { parent, target, isOn, parentColumn, targetColumn } = action;
  const path = pathParts({ ...target, parent: { address: parent, column: '', link: null } });
  const [owner, other] = [keyParts(scene, parent, 'PARENT'), keyParts(scene, target, 'TARGET')];
  const may = rightParts(scene, action);
  const [table, one, two] = [name(action.table), name(parentColumn), name(targetColumn)];
  const text = isOn
    ? [`insert into ${APP_SCHEMA}.${table} (${one}, ${two})`, 'values ($1, $2)', 'on conflict do nothing']
    : [`delete from ${APP_SCHEMA}.${table}`, `where ${one} = $1`, `  and ${two} = $2`, `returning ${one} as key`];
  const constant = isOn ? 'TIE' : 'UNTIE';
  return routeFile(
    scene,
    [path.part, owner.part, may.part, other.part, statement(constant, `${action.table}.${scene.operation.id}`, text)],
    [
      askerLine(scene),
      path.line,
      foundLine('{ key }', owner.reading),
      may.line,
      foundLine('target', other.reading),
      'const values = [key, target.key];',
      isOn ? `${write(scene, 'object', constant)};` : `found(${write(scene, KEY_TYPE, constant)});`,
      emptyAnswer(scene),
    ],
  );
}

/** Only who may change a row ties others to it. */
function rightParts(
  scene: RouteScene,
  { parent }: Extract<ContractAction, { kind: 'link' }>,
): { readonly part: string; readonly line: string } {
  const table = tableIn(scene, parent.table);
  const sql = sqlScene(scene);
  const row = name(table.name);
  const own = `${row}.${keyOf(table)} = ${sql.parameters.of('key')}`;
  const conditions = changeable(sql, table, row);
  if (conditions.length === 0) return { part: '', line: '' };
  const text = [`select ${row}.${keyOf(table)} as key`, `from ${APP_SCHEMA}.${row}`, ...where([own, ...conditions])];
  const reading = read(scene, 'readRow', KEY_TYPE, 'OWN', sql.parameters.values);
  return {
    part: statement('OWN', `${table.name}.${scene.operation.id}.own`, text),
    line: `const own = ${reading};\nif (!own) throw forbidden();`,
  };
}
