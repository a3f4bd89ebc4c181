import type { ContractAddress } from '../contract-rows.ts';
import type { ContractCheck } from '../contract-values.ts';
import type { Column } from '../schema.ts';
import { checkOf } from './checks.ts';
import type { Entity } from './entity.ts';
import { columnName } from './names.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation } from './operations.ts';
import { isKeyOf, isVariable, parentOf } from './paths.ts';
import { columnIn, type Scene, tableOf } from './scene.ts';
import { shapeOf } from './shape.ts';
import { KEY } from './sources.ts';

/** How the item at a path is found. Throws `NotPlain` for a parameter that no column is known for. */
export function addressOf(scene: Scene, path: string, operation: ApiOperation): ContractAddress {
  const prefix = parentOf(path);
  const entity = entityAt(scene, prefix);
  if (!entity || prefix === path) throw new NotPlain(`nothing is found at ${path}`);
  return { ...rowAddress(scene, entity, path, operation), parent: parentAddress(scene, prefix, operation) };
}

/** How a row is found by the last parameter of a path, wherever it belongs. Throws `NotPlain`. */
export function rowAddress(scene: Scene, entity: Entity, path: string, operation: ApiOperation): ContractAddress {
  const param = (path.split('/').at(-1) ?? '').slice(1, -1);
  const parameter = operation.parameters.find(({ name, in: where }) => name === param && where === 'path');
  const table = tableOf(scene, entity);
  const column = addressColumn(scene, entity, param);
  if (!column.primaryKey && !column.unique) throw new NotPlain(`several rows may have one ${param}`);
  const check = parameter?.schema
    ? plainCheck(checkOf(scene.document, shapeOf(scene.document, parameter.schema)))
    : ({ nullable: false, kind: 'text', min: undefined, max: undefined } as const);
  return {
    table: table.name,
    param,
    column: column.name,
    check: keyCheck(column.type, check),
    parent: null,
  };
}

/** The column that a parameter of a path stands for; what no member is called can only be the key. */
export function addressColumn(scene: Scene, entity: Entity, param: string): Column {
  const table = tableOf(scene, entity);
  const named = isKeyOf(param, entity) ? undefined : table.columns.find(({ name }) => name === columnName(param));
  return named ?? columnIn(table, KEY);
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

/** A value that stands in an address is never null. */
export function plainCheck(check: ContractCheck): ContractCheck {
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
  return { address: addressOf(scene, item, operation), column: column.name, link: null };
}
