import type { ContractAction } from '../../../domain/contract-plan.ts';
import type { ContractView } from '../../../domain/contract-rows.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import { member } from '../source.ts';
import { omittedPart, showLines, shownCode } from './read-routes.ts';
import {
  answer,
  askerLine,
  constantMembers,
  emptyAnswer,
  foundLine,
  handlerList,
  keyParts,
  pathParts,
  read,
  statusLine,
  valuesLine,
  write,
} from './route-lines.ts';
import { KEY_TYPE, type RouteScene, routeFile, sqlScene, statement, where } from './route-module.ts';
import { shownParts } from './shown-parts.ts';
import { addressed, changeable, keyOf, tableIn, visible } from './sql.ts';
import { bodyPart, inputLine, resourceOf, setLines } from './stored.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

/** Says why a statement met no row: it is not there, or it is somebody else's. */
function refusalParts(scene: RouteScene, address: Of<'remove'>['address']): { part: string; lines: readonly string[] } {
  const table = tableIn(scene, address.table);
  const { schema } = scene;
  const probe = sqlScene(scene);
  const isOthers =
    schema.accounts && changeable(probe, table, 'row').length > 0 && visible(probe, table, 'row').length === 0;
  if (!isOthers) return { part: '', lines: ['if (!row) throw notFound();'] };
  const { part, reading } = keyParts(scene, address, 'FIND');
  const lines = ['if (!row) {', `  const isThere = ${reading};`, '  throw isThere ? forbidden() : notFound();', '}'];
  return { part, lines };
}

/** `PUT` and `PATCH /articles/{slug}`. */
export function changeRoute(scene: RouteScene, { address, body, view, isWhole, slug }: Of<'change'>): string {
  const table = tableIn(scene, address.table);
  const resource = resourceOf(scene, address.table);
  const sql = sqlScene(scene);
  const row = name(table.name);
  const found = addressed(sql, address, row);
  const sets = setLines(sql.parameters, resource, body, isWhole);
  const from = slug ? body.inputs.find(({ column }) => column === slug.from) : undefined;
  if (slug && from) {
    const value = member('input', from.name);
    const made = sql.parameters.next(isWhole || from.required ? `slugOf(${value})` : `${value} && slugOf(${value})`);
    sets.push(`${name(slug.column)} = coalesce(${made}, ${name(slug.column)})`);
  }
  const conditions = [...found, ...changeable(sql, table, row)];
  const text = [
    `update ${APP_SCHEMA}.${name(table.name)}`,
    'set',
    ...sets.map((set, at) => `  ${set}${at < sets.length - 1 ? ',' : ''}`),
    ...where(conditions),
    `returning ${keyOf(table)} as key`,
  ];
  const refusal = refusalParts(scene, address);
  const shown = shownParts(scene, table, view, true);
  const path = pathParts(address);
  const parts = [
    path.part,
    bodyPart(body),
    statement('UPDATE', `${table.name}.${scene.operation.id}`, text),
    refusal.part,
    ...shown.parts,
  ];
  return routeFile(scene, parts, [
    askerLine(scene),
    path.line,
    inputLine(body),
    valuesLine(sql.parameters.values),
    `const row = ${write(scene, KEY_TYPE, 'UPDATE')};`,
    ...refusal.lines,
    ...shown.lines,
  ]);
}

/** `DELETE /articles/{slug}`. */
export function removeRoute(scene: RouteScene, { address, view }: Of<'remove'>): string {
  const table = tableIn(scene, address.table);
  const sql = sqlScene(scene);
  const row = name(table.name);
  const conditions = [...addressed(sql, address, row), ...changeable(sql, table, row)];
  const text = [
    `delete from ${APP_SCHEMA}.${name(table.name)}`,
    ...where(conditions),
    `returning ${keyOf(table)} as key`,
  ];
  const refusal = refusalParts(scene, address);
  const path = pathParts(address);
  const last = lastParts(scene, address, view);
  return routeFile(
    scene,
    [path.part, ...last.parts, statement('DELETE', `${table.name}.${scene.operation.id}`, text), refusal.part],
    [
      askerLine(scene),
      path.line,
      last.line,
      valuesLine(sql.parameters.values),
      `const row = ${write(scene, KEY_TYPE, 'DELETE')};`,
      ...refusal.lines,
      ...last.answer,
    ],
  );
}

/** What is answered for a row that is gone: it is read before. */
function lastParts(scene: RouteScene, address: Of<'remove'>['address'], view: ContractView | null) {
  if (!view) return { parts: [], line: '', answer: [emptyAnswer(scene)] };
  const said = view.fields.flatMap((field) => (field.kind === 'constant' ? [field] : []));
  if (said.length === view.fields.length) {
    const members = constantMembers({ constants: said });
    return { parts: [], line: '', answer: [statusLine(scene), handlerList('return {', members, '};')] };
  }
  const table = tableIn(scene, address.table);
  const sql = sqlScene(scene);
  const { row, lines, omitted } = showLines(sql, table, view, true);
  const conditions = [...addressed(sql, address, row), ...visible(sql, table, row)];
  const reading = read(scene, 'readRow', 'object', 'SHOW', sql.parameters.values);
  return {
    parts: [
      statement('SHOW', `${table.name}.${scene.operation.id}.show`, [...lines, ...where(conditions)]),
      omittedPart(omitted),
    ],
    line: foundLine('shown', reading),
    answer: [statusLine(scene), answer(view, shownCode('shown', omitted))],
  };
}
