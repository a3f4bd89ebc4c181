import type { ContractAddress, ContractCheck, ContractFilter, ContractPaging } from '../contract-plan.ts';
import { checkOf } from './checks.ts';
import type { Entity } from './entity.ts';
import { columnName, singularOf } from './names.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation, ApiParameter } from './operations.ts';
import { isKeyOf, isVariable, parentOf } from './paths.ts';
import { columnIn, type Scene, tableOf, toggleOf } from './scene.ts';
import { shapeOf } from './shape.ts';
import { KEY } from './sources.ts';
import type { Toggle } from './toggles.ts';

/** How the item at a path is found. Throws `NotPlain` for a parameter that no column is known for. */
export function addressOf(scene: Scene, path: string, operation: ApiOperation): ContractAddress {
  const prefix = parentOf(path);
  const entity = entityAt(scene, prefix);
  if (!entity || prefix === path) throw new NotPlain(`nothing is found at ${path}`);
  const param = (path.split('/').at(-1) ?? '').slice(1, -1);
  const parameter = operation.parameters.find(({ name, in: where }) => name === param && where === 'path');
  const table = tableOf(scene, entity);
  const column = isKeyOf(param, entity) ? columnIn(table, KEY) : columnIn(table, columnName(param));
  if (!column.primaryKey && !column.unique) throw new NotPlain(`several rows may have one ${param}`);
  const check = parameter?.schema
    ? plainCheck(checkOf(scene.document, shapeOf(scene.document, parameter.schema)))
    : ({ nullable: false, kind: 'text', min: undefined, max: undefined } as const);
  return {
    table: table.name,
    param,
    column: column.name,
    check: keyCheck(column.type, check),
    parent: parentAddress(scene, prefix, operation),
  };
}

/** A value of another kind than the column's finds nothing, and must not reach the database. */
function keyCheck(type: string, check: ContractCheck): ContractCheck {
  if (type === 'uuid') return { nullable: false, kind: 'uuid' };
  if (/^(?:bigint|integer)$/.test(type)) {
    const max = type === 'integer' ? 2 ** 31 - 1 : undefined;
    return { nullable: false, kind: 'integer', min: undefined, max };
  }
  return check.kind === 'text' ? check : { nullable: false, kind: 'text', min: undefined, max: undefined };
}

function plainCheck(check: ContractCheck): ContractCheck {
  return { ...check, nullable: false };
}

export function entityAt({ entities }: Scene, prefix: string): Entity | null {
  return entities.find(({ prefixes }) => prefixes.has(prefix)) ?? null;
}

/** The row that a collection belongs to; null for one that stands alone. */
export function parentAddress(scene: Scene, prefix: string, operation: ApiOperation): ContractAddress['parent'] {
  const item = prefix.split('/').slice(0, -1).join('/');
  const hasParameter = item.split('/').some(isVariable);
  if (!hasParameter) return null;
  const parent = entityAt(scene, parentOf(item));
  const entity = entityAt(scene, prefix);
  if (!parent || !entity || item === parentOf(item)) throw new NotPlain(`nothing is known about ${item}`);
  const column = columnIn(tableOf(scene, entity), `${parent.singular}_id`);
  if (column.references?.table !== parent.table) throw new NotPlain(`${entity.table} do not belong to ${parent.table}`);
  return { address: addressOf(scene, item, operation), column: column.name };
}

const LIMIT = /^(?:limit|per_?page|page_?size|size|count|take|first)$/i;
const OFFSET = /^(?:offset|skip)$/i;
const PAGE = /^(?:page|page_?number)$/i;
const MOST = 100;
const USUAL = 20;

/** How a list is paged; null when it is answered whole. */
export function pagingOf(scene: Scene, { parameters }: ApiOperation): ContractPaging | null {
  const query = parameters.filter(({ in: where }) => where === 'query');
  const named = (pattern: RegExp) => query.find(({ name }) => pattern.test(name)) ?? null;
  const [limit, offset, page] = [named(LIMIT), named(OFFSET), named(PAGE)];
  if (!limit && !offset && !page) return null;
  const shape = limit?.schema ? shapeOf(scene.document, limit.schema) : null;
  const said = shape?.kind === 'integer' ? shape : null;
  const most = said?.max;
  const max = most === undefined ? MOST : Math.min(most, 1000);
  const preset = typeof said?.preset === 'number' ? said.preset : USUAL;
  return {
    ...{ limit: limit?.name ?? null, offset: offset?.name ?? null, page: page?.name ?? null },
    ...{ preset: Math.max(1, Math.min(preset, max)), max, isStrict: most !== undefined },
  };
}

/** What a list can be narrowed by. Throws `NotPlain` for a parameter that is not understood. */
export function filtersOf(scene: Scene, operation: ApiOperation, entity: Entity): readonly ContractFilter[] {
  const isPaging = ({ name }: ApiParameter) => LIMIT.test(name) || OFFSET.test(name) || PAGE.test(name);
  const others = operation.parameters.filter((param) => param.in === 'query' && !isPaging(param));
  return others.map((param) => filterOf(scene, param, entity));
}

function filterOf(scene: Scene, parameter: ApiParameter, entity: Entity): ContractFilter {
  const { name: param, schema, pointer } = parameter;
  if (parameter.required) throw new NotPlain(`the parameter ${param} has to be given (${pointer})`);
  const table = tableOf(scene, entity);
  const check = plainCheck(
    schema
      ? checkOf(scene.document, shapeOf(scene.document, schema))
      : { nullable: false, kind: 'text', min: undefined, max: undefined },
  );
  if (check.kind === 'list' || check.kind === 'object' || check.kind === 'any') {
    throw new NotPlain(`the parameter ${param} is no plain value (${pointer})`);
  }
  const name = columnName(param);
  const toggle = scene.toggles.find((candidate) => candidate.entity === entity && isSwitched(name, candidate));
  const people = scene.entities.find(({ isAccounts }) => isAccounts);
  if (toggle && people && check.kind === 'text') {
    return {
      param,
      check,
      kind: 'switchedBy',
      toggle: toggleOf(scene, toggle),
      table: people.table,
      by: nameColumn(scene, people),
    };
  }
  const column = table.columns.find((candidate) => candidate.name === name && !candidate.sensitive);
  if (column && isComparable(column.type, check)) return { param, check, kind: 'equal', column: column.name };
  const list = table.columns.find(
    ({ name: own, type }) =>
      type === 'text[]' && [name, `${name}_list`].some((wanted) => own === wanted || singularOf(own) === wanted),
  );
  if (list && check.kind === 'text') return { param, check, kind: 'member', column: list.name };
  const reference = table.columns.find((candidate) => candidate.name === `${name}_id` && candidate.references);
  const target = scene.entities.find((candidate) => candidate.table === reference?.references?.table);
  if (reference && target && check.kind === 'text') {
    return {
      param,
      check,
      kind: 'reference',
      column: reference.name,
      table: target.table,
      by: nameColumn(scene, target),
    };
  }
  throw new NotPlain(`nothing is known about the parameter ${param} (${pointer})`);
}

function isSwitched(name: string, { verb }: Toggle): boolean {
  const stem = columnName(verb).replace(/e$/, '');
  return new RegExp(`^${stem}e?d(?:_by)?$`).test(name);
}

/** Only what the column can be compared with. */
function isComparable(type: string, check: ContractCheck): boolean {
  switch (check.kind) {
    case 'integer':
      return /^(?:bigint|integer)$/.test(type);
    case 'number':
      return type === 'double precision';
    case 'boolean':
    case 'uuid':
    case 'date':
      return type === check.kind;
    case 'instant':
      return type === 'timestamptz';
    case 'text':
    case 'email':
      return /^(?:text|varchar)/.test(type);
    case 'choice':
      return !/^(?:bigint|integer|boolean|uuid|date|timestamptz|jsonb|double precision)$|\[\]$/.test(type);
    default:
      return false;
  }
}

/** The column that paths name rows of an entity by; of accounts also what they are called. */
function nameColumn(scene: Scene, entity: Entity): string {
  const table = tableOf(scene, entity);
  const addressed = [...entity.prefixes].length > 0;
  const found = table.columns.find(
    ({ name, unique }) => unique && /^(?:slug|user_?name|handle|login|name)$/.test(name),
  );
  if (!found || !addressed) throw new NotPlain(`rows of ${entity.table} have no name to be found by`);
  return found.name;
}
