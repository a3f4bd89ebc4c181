import type { ContractAction, ContractBody, ContractInput, ContractView } from '../../../domain/contract-plan.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { literal, readableIdentifier as name } from '../../../domain/identifier.ts';
import type { Column, Table } from '../../../domain/schema.ts';
import { typeName } from '../data-module/statements.ts';
import { madeValue, momentCode } from '../data-module/values.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { member, sqlList } from '../source.ts';
import { bodySchema } from './check-code.ts';
import { omittedPart, showLines, shownCode } from './read-routes.ts';
import {
  answer,
  askerLine,
  emptyAnswer,
  foundLine,
  KEY_TYPE,
  keyParts,
  pathParts,
  type RouteScene,
  read,
  routeFile,
  sqlScene,
  statement,
  statusLine,
  valuesLine,
  where,
  write,
} from './route-module.ts';
import { addressed, changeable, keyOf, Parameters, tableIn, visible } from './sql.ts';

type Of<K extends ContractAction['kind']> = Extract<ContractAction, { kind: K }>;

export function resourceOf({ resources }: RouteScene, table: string): Resource {
  const found = resources.find((resource) => resource.table.name === table);
  if (!found) throw new RangeError(`there is no table ${table}`);
  return found;
}

/** The checked body as `input`. */
export function inputLine({ wrap }: ContractBody): string {
  return wrap === null
    ? 'const input = await readBody(event, bodySchema);'
    : `const ${wrap === 'input' ? 'input' : `{ ${/^[A-Za-z_$][\w$]*$/.test(wrap) ? wrap : `'${wrap}'`}: input }`} = await readBody(event, bodySchema);`.replace(
        'const input =',
        'const { input } =',
      );
}

export function bodyPart(body: ContractBody, codeOf: (column: string) => string | undefined = () => undefined): string {
  return bodySchema(body, codeOf);
}

/** Code of what is stored for a member of a body. */
function storedCode(resource: Resource, input: ContractInput, column: Column): string {
  const value = member('input', input.name);
  if (input.isPassword)
    return input.required ? `await hashPassword(${value})` : `${value} && (await hashPassword(${value}))`;
  return resource.typeOf(column).type?.kind === 'json' ? `toJson(${value})` : value;
}

/** What stands in a column that may be left out. */
function withPreset(resource: Resource, column: Column, parameter: string): string {
  const preset = column.default && 'value' in column.default ? column.default.value : null;
  if (preset === null) return parameter;
  const type = `${typeName(resource, column)}${resource.typeOf(column).array ? '[]' : ''}`;
  return `coalesce(${parameter}::${type}, ${literal(preset)})`;
}

function columnsOf(
  table: Table,
  body: ContractBody,
): readonly { readonly input: ContractInput; readonly column: Column }[] {
  return body.inputs.flatMap((input) => {
    const column = table.columns.find(({ name: own }) => own === input.column);
    return column ? [{ input, column }] : [];
  });
}

/** Part and lines that answer the row a statement gave the key of. */
function shownParts(scene: RouteScene, table: Table, view: ContractView | null, isOwn: boolean) {
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

/** `POST /articles`. */
export function createRoute(scene: RouteScene, { table: wanted, parent, body, view, slug }: Of<'create'>): string {
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
  const insert = statement('INSERT', `${wanted}.${scene.operation.id}`, [...lines, `returning ${keyOf(table)} as key`]);
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
      `const row = found(${write(scene, KEY_TYPE, 'INSERT')});`,
      ...shown.lines,
    ],
  );
}

function nameOf(body: ContractBody, column: string): string {
  return body.inputs.find((input) => input.column === column)?.name ?? column;
}

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

/** What an UPDATE sets: everything anew, or only what is given. */
export function setLines(parameters: Parameters, resource: Resource, body: ContractBody, isWhole: boolean): string[] {
  const sets = columnsOf(resource.table, body).map(({ input, column }) => {
    const own = name(column.name);
    const value = storedCode(resource, input, column);
    if (isWhole || input.required) return `${own} = ${withPreset(resource, column, parameters.next(value))}`;
    const isGiven = parameters.next(`${member('input', input.name)} !== undefined`);
    return `${own} = case when ${isGiven} then ${parameters.next(value)} else ${own} end`;
  });
  const updated = resource.table.columns.filter((column) => generatorOf(column) === 'updated');
  return [
    ...sets,
    ...updated.map((column) => `${name(column.name)} = ${parameters.next(momentCode(resource, column))}`),
  ];
}

/** `DELETE /articles/{slug}`. */
export function removeRoute(scene: RouteScene, { address }: Of<'remove'>): string {
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
  return routeFile(
    scene,
    [path.part, statement('DELETE', `${table.name}.${scene.operation.id}`, text), refusal.part],
    [
      askerLine(scene),
      path.line,
      valuesLine(sql.parameters.values),
      `const row = ${write(scene, KEY_TYPE, 'DELETE')};`,
      ...refusal.lines,
      emptyAnswer(scene),
    ],
  );
}

/** `POST` and `DELETE /articles/{slug}/favorite`. */
export function toggleRoute(scene: RouteScene, { address, toggle, isOn, view }: Of<'toggle'>): string {
  const target = tableIn(scene, address.table);
  const { part, reading } = keyParts(scene, address, 'FIND');
  const [account, about] = [name(toggle.accountColumn), name(toggle.column)];
  const text = isOn
    ? [
        `insert into ${APP_SCHEMA}.${name(toggle.table)} (${account}, ${about})`,
        'values ($1, $2)',
        'on conflict do nothing',
      ]
    : [`delete from ${APP_SCHEMA}.${name(toggle.table)}`, `where ${account} = $1`, `  and ${about} = $2`];
  const path = pathParts(address);
  const shown = shownParts(scene, target, view, false);
  const constant = isOn ? 'SWITCH_ON' : 'SWITCH_OFF';
  return routeFile(
    scene,
    [path.part, part, statement(constant, `${toggle.table}.${scene.operation.id}`, text), ...shown.parts],
    [
      askerLine(scene),
      path.line,
      foundLine('row', reading),
      'const values = [account.id, row.key];',
      `${write(scene, 'object', constant)};`,
      ...shown.lines,
    ],
  );
}
