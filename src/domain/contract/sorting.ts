import type { ContractSort, SortChoice } from '../contract-list.ts';
import type { Column, Table } from '../schema.ts';
import { columnName } from './names.ts';
import type { ApiOperation, ApiParameter } from './operations.ts';
import type { Scene } from './scene.ts';
import { type Shape, shapeOf } from './shape.ts';
import { KEY } from './sources.ts';

const SORT = /^(?:sort|sort_?by|sort_?field|order_?by|order|ordering)$/i;
const DIRECTION = /^(?:order|sort_?order|sort_?dir(?:ection)?|order_?dir(?:ection)?|direction|dir|sort)$/i;
const UPWARDS = /^(?:asc|ascending)$/i;
const DOWNWARDS = /^(?:desc|descending)$/i;
const NEWEST = /^(?:newest|latest|recent|new)$/i;
const OLDEST = /^(?:oldest|old)$/i;

/** How a list is put in order by its parameters; null without one that is understood. */
export function sortOf(scene: Scene, { parameters }: ApiOperation, table: Table): ContractSort | null {
  const query = parameters.filter((parameter) => parameter.in === 'query' && !parameter.required);
  const direction = query.find((parameter) => DIRECTION.test(parameter.name) && isDirection(scene, parameter));
  const key = query.find((parameter) => parameter !== direction && SORT.test(parameter.name));
  const choices = key ? choicesOf(scene, key, table, namesOf(scene, table)) : alone(table);
  if ((!key && !direction) || choices === null || choices.length === 0) return null;
  const values = new Set(choices.map(({ value }) => value));
  const preset = key && textOf(scene, key)?.preset;
  const known = typeof preset === 'string' && values.has(preset) ? preset : null;
  const turned = direction && textOf(scene, direction);
  return {
    param: key?.name ?? null,
    isList: key !== undefined && isList(scene, key),
    choices,
    preset: known ?? (direction ? (choices[0]?.value ?? null) : null),
    direction: direction?.name ?? null,
    directions: turned?.values ?? [],
    isDownwards: typeof turned?.preset === 'string' && DOWNWARDS.test(turned.preset),
  };
}

function textOf({ document }: Scene, { schema }: ApiParameter): Extract<Shape, { kind: 'text' }> | null {
  const shape = schema && shapeOf(document, schema);
  const item = shape?.kind === 'list' && shape.items ? shapeOf(document, shape.items) : shape;
  return item?.kind === 'text' ? item : null;
}

function isList({ document }: Scene, { schema }: ApiParameter): boolean {
  return schema !== null && shapeOf(document, schema).kind === 'list';
}

function isDirection(scene: Scene, parameter: ApiParameter): boolean {
  const values = textOf(scene, parameter)?.values ?? [];
  return values.length > 0 && values.every((value) => UPWARDS.test(value) || DOWNWARDS.test(value));
}

/** By when rows were made, where nothing says by what. */
function alone(table: Table): readonly SortChoice[] {
  const column = createdIn(table) ?? KEY;
  return [{ value: column, column, isDownwards: false }];
}

function createdIn({ columns }: Table): string | null {
  const made = columns.find(({ default: preset }) => preset && 'generate' in preset && preset.generate === 'created');
  return made?.name ?? null;
}

/** Null when a value is not understood. Without a list of values, whatever can be put in order. */
function choicesOf(
  scene: Scene,
  parameter: ApiParameter,
  table: Table,
  names: readonly string[],
): readonly SortChoice[] | null {
  const shape = textOf(scene, parameter);
  if (!shape) return null;
  const values = shape.values.length > 0 ? shape.values : waysOf(table, names);
  const found = values.map((value) => choiceOf(value, table));
  return found.some((choice) => choice === null) ? null : found.filter((choice) => choice !== null);
}

/** Names as answers have them. */
function namesOf({ entities }: Scene, table: Table): readonly string[] {
  const fields = entities.find((entity) => entity.table === table.name)?.fields.keys() ?? [];
  return [...new Set([...fields, ...table.columns.map(({ name }) => name)])];
}

/** `name`, `-name`, `name,asc`, `name:desc`: as the habits of different frameworks are. */
function waysOf(table: Table, names: readonly string[]): readonly string[] {
  const sortable = new Set(table.columns.filter(isSortable).map(({ name }) => name));
  const own = names.filter((name) => sortable.has(columnName(name)));
  return own.flatMap((name) => [
    name,
    `-${name}`,
    ...[',', ':'].flatMap((mark) => [`${name}${mark}asc`, `${name}${mark}desc`]),
  ]);
}

function choiceOf(value: string, table: Table): SortChoice | null {
  const created = createdIn(table);
  if (created && NEWEST.test(value)) return { value, column: created, isDownwards: true };
  if (created && OLDEST.test(value)) return { value, column: created, isDownwards: false };
  const [, sign = '', stem = '', way = ''] =
    /^([-+]?)(.+?)(?:[\s_:.,-]?(asc|desc|ascending|descending))?$/i.exec(value) ?? [];
  const wanted = columnName(stem);
  const column = table.columns.find(({ name }) => name === wanted || name === `${wanted}_at`);
  if (!column || !isSortable(column)) return null;
  return { value, column: column.name, isDownwards: sign === '-' || DOWNWARDS.test(way) };
}

function isSortable({ type, sensitive }: Column): boolean {
  return !sensitive && type !== 'jsonb' && !type.endsWith('[]');
}

/** Whether a parameter is looked at by a way to put rows in order. */
export function isSorting({ name }: ApiParameter, sort: ContractSort | null): boolean {
  return sort !== null && (name === sort.param || name === sort.direction);
}
