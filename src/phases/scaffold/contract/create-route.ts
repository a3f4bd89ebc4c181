import type { ContractAction } from '../../../domain/contract-plan.ts';
import type { ContractBody } from '../../../domain/contract-values.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Table } from '../../../domain/schema.ts';
import { madeValue } from '../data-module/values.ts';
import { generatorOf } from '../resource.ts';
import { member, sqlList } from '../source.ts';
import { askerLine, keyParts, pathParts, valuesLine, write } from './route-lines.ts';
import { KEY_TYPE, type RouteScene, routeFile, statement } from './route-module.ts';
import { shownParts } from './shown-parts.ts';
import { keyOf, Parameters, tableIn } from './sql.ts';
import { bodyPart, inputLine, resourceOf, storedCode, withPreset } from './stored.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

/** `POST /articles`. */
export function createRoute(
  scene: RouteScene,
  { table: wanted, parent, body, view, slug, location }: Of<'create'>,
): string {
  const table = tableIn(scene, wanted);
  const resource = resourceOf(scene, wanted);
  const parameters = new Parameters();
  const sets: [string, string][] = [];
  for (const column of table.columns) {
    const input = body.inputs.find((candidate) => candidate.column === column.name);
    const generator = generatorOf(column);
    if (parent?.column === column.name) sets.push([column.name, parameters.next('key')]);
    else if (slug?.column === column.name)
      sets.push([column.name, parameters.next(`slugOf(${member('input', nameOf(body, slug.from))})`)]);
    else if (input)
      sets.push([column.name, withPreset(resource, column, parameters.next(storedCode(resource, input, column)))]);
    else if (generator !== null && generator !== 'identity')
      sets.push([column.name, parameters.next(madeValue(resource, column))]);
  }
  const lines =
    sets.length === 0
      ? [`insert into ${APP_SCHEMA}.${name(wanted)} default values`]
      : [
          `insert into ${APP_SCHEMA}.${name(wanted)}`,
          ...sqlList(
            '  (',
            sets.map(([column]) => name(column)),
            4,
          )
            .replace(/$/, ')')
            .split('\n')
            .map((line) => line.replace(/^ {4}/, '')),
          ...sqlList(
            'values (',
            sets.map(([, value]) => value),
            4,
          )
            .replace(/$/, ')')
            .split('\n')
            .map((line) => line.replace(/^ {4}/, '')),
        ];
  const insert = statement('INSERT', `${wanted}.${scene.operation.id}`, [
    ...lines,
    `returning ${keyOf(table)} as key${placeItem(table, location)}`,
  ]);
  const path = pathParts(parent?.address ?? null);
  const found = parent ? keyParts(scene, parent.address, 'PARENT') : { part: '', line: '' };
  const shown = shownParts(scene, table, view, true);
  return routeFile(
    scene,
    [path.part, bodyPart(body), found.part, insert, ...shown.parts],
    [
      askerLine(scene),
      path.line,
      inputLine(body),
      found.line,
      valuesLine(parameters.values),
      `const row = found(${write(scene, placeItem(table, location) === '' ? KEY_TYPE : PLACED_TYPE, 'INSERT')});`,
      location === null ? '' : placeLine(table, location),
      ...shown.lines,
    ],
  );
}

const PLACED_TYPE = '{ key: string | number; place: string | number }';

/** What `Location` needs beside the key. */
function placeItem(table: Table, location: string | null): string {
  return location === null || name(location) === keyOf(table) ? '' : `, ${name(location)} as place`;
}

function placeLine(table: Table, location: string): string {
  const member = placeItem(table, location) === '' ? 'key' : 'place';
  return `event.res.headers.set('location', placeOf(event, row.${member}));`;
}

function nameOf(body: ContractBody, column: string): string {
  return body.inputs.find((input) => input.column === column)?.name ?? column;
}
