import type { ColumnInput } from './columns.ts';
import type { Findings } from './entities.ts';
import type { Entity, EntityField } from './entity.ts';
import { parentOf } from './paths.ts';
import { type Shape, shapeOf } from './shape.ts';
import { isKey, KEY } from './sources.ts';

function keyField(entity: Entity): EntityField | undefined {
  return [...entity.fields.values()].find((field) => isKey(field, entity));
}

function keyShape(entity: Entity, findings: Findings): Shape | null {
  const field = keyField(entity);
  if (field) return field.shape;
  const items = [...entity.reads, ...entity.writes].filter(({ path }) => entity.prefixes.has(parentOf(path)));
  const [schema] = items.flatMap(({ parameters, path }) =>
    parameters.flatMap((param) =>
      path.endsWith(`{${param.name}}`) && !entity.fields.has(param.name) && param.schema ? [param.schema] : [],
    ),
  );
  return schema ? shapeOf(findings.document, schema) : null;
}

/** The type of the column that rows of an entity are addressed by. */
export function keyType(entity: Entity, findings: Findings): string {
  const isGiven = keyField(entity)?.createRequired === true;
  const shape = keyShape(entity, findings);
  if (shape?.kind === 'integer' || shape?.kind === 'number') return shape.format === 'int32' ? 'integer' : 'bigint';
  return shape?.kind === 'text' && shape.format === 'uuid' ? 'uuid' : isGiven ? 'text' : 'varchar(21)';
}

/** That column. */
export function keyColumn(entity: Entity, findings: Findings): ColumnInput {
  const type = keyType(entity, findings);
  if (keyField(entity)?.createRequired) {
    return { name: KEY, type, primaryKey: true };
  }
  const generate = type === 'uuid' ? 'uuid' : type === 'varchar(21)' ? 'id' : 'identity';
  return { name: KEY, type, primaryKey: true, default: { generate } };
}
