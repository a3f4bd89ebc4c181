import type { ContractView, ViewField } from '../contract-rows.ts';
import { isTokenName, tokenConstant } from './accounts.ts';
import { constantOf } from './beside.ts';
import { accountIn } from './entities.ts';
import type { Entity } from './entity.ts';
import { openEnvelope } from './envelope.ts';
import { canAnswer } from './given.ts';
import { componentOf } from './names.ts';
import { NotPlain } from './not-plain.ts';
import { type ApiOperation, successOf } from './operations.ts';
import { columnIn, publicColumns, type Scene, tableOf, toggleOf } from './scene.ts';
import { type ObjectShape, type Shape, shapeOf } from './shape.ts';
import { type Source, sourceOf } from './sources.ts';

const MAX_DEPTH = 3;
/** PostgreSQL cuts the names of what it answers. */
const MAX_NAME_BYTES = 63;

/** The object an operation answers, of an entity; null when its answer has no body. Throws `NotPlain`. */
export function answerView(scene: Scene, operation: ApiOperation, entity: Entity): ContractView | null {
  const success = successOf(operation);
  if (!success || success.mediaType === null) return null;
  if (!success.schema) throw new NotPlain(`it answers ${success.mediaType}`);
  const envelope = openEnvelope(scene.document, success.schema);
  if (!envelope || envelope.isList || envelope.shape.kind !== 'object')
    throw new NotPlain('it answers something that is no row');
  const { wrap, constants, shape } = envelope;
  return { wrap, constants, fields: fieldsOf(scene, shape, entity, isOwnView(operation, scene, entity)) };
}

/** What is answered for a row that is gone: nothing, the row as it was, or that it is done. */
export function removalView(scene: Scene, operation: ApiOperation, entity: Entity): ContractView | null {
  const success = successOf(operation);
  const envelope = success?.schema ? openEnvelope(scene.document, success.schema) : null;
  if (envelope?.shape.kind !== 'object' || envelope.isList || envelope.wrap !== null)
    return answerView(scene, operation, entity);
  const fields = envelope.shape.fields.flatMap((field): ViewField[] => {
    const shape = shapeOf(scene.document, field.spot);
    const value = constantOf({ name: field.name, shape }) ?? doneOf(field.name, shape);
    return value ? [{ name: field.name, omitsNull: false, kind: 'constant', value: value.value }] : [];
  });
  const isSaid = envelope.shape.fields.every(
    ({ name, required }) => !required || fields.some((field) => field.name === name),
  );
  // A row that is shown has more than sentences.
  const isRow =
    envelope.shape.fields.length > fields.length && entity.components.has(componentOf(envelope.shape.pointer));
  return isSaid && !isRow && fields.length > 0
    ? { wrap: null, constants: [], fields }
    : answerView(scene, operation, entity);
}

function doneOf(name: string, shape: Shape): { readonly value: boolean } | null {
  return shape.kind === 'boolean' && /^(?:is_?)?(?:deleted|removed|done)$/i.test(name) ? { value: true } : null;
}

/** Of their own account people see more than others do. */
function isOwnView(operation: ApiOperation, { accounts }: Scene, entity: Entity): boolean {
  if (!entity.isAccounts || !accounts) return true;
  const { register, login, me, changes } = accounts;
  return [register, login, me, ...changes].includes(operation);
}

/** The members of an object that shows a row. `isOwn` is false for other people's accounts. */
export function fieldsOf(
  scene: Scene,
  shape: ObjectShape,
  entity: Entity,
  isOwn: boolean,
  depth = 0,
): readonly ViewField[] {
  const inner = entity.isAccounts && isOwn ? accountIn(scene.document, shape, entity) : shape;
  const fields = shape.fields.flatMap((member): ViewField[] => {
    const own = shapeOf(scene.document, member.spot);
    if (inner !== shape && own.pointer === inner.pointer) {
      return [
        { name: member.name, omitsNull: false, kind: 'self', fields: fieldsOf(scene, inner, entity, isOwn, depth) },
      ];
    }
    // Beside the account, not in it.
    if (inner !== shape && isTokenName(member.name)) return [{ name: member.name, omitsNull: false, kind: 'token' }];
    const value = inner === shape ? null : tokenConstant(member.name, own);
    if (value !== null) return [{ name: member.name, omitsNull: false, kind: 'constant', value }];
    const wanted = { name: member.name, required: member.required, shape: own };
    if (member.writeOnly) return [];
    const field = shownField(scene, wanted, entity, isOwn, depth);
    return field ? [field] : [];
  });
  if (fields.length === 0) throw new NotPlain('nothing is known about what it answers');
  return fields;
}

interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
}

/** What nobody sends and may be missing is left out where it cannot be shown. */
function shownField(scene: Scene, member: Member, entity: Entity, isOwn: boolean, depth: number): ViewField | null {
  try {
    return viewField(scene, member, entity, isOwn, depth);
  } catch (error) {
    const field = entity.fields.get(member.name);
    const isSent = field !== undefined && (field.inCreate || field.inUpdate);
    if (error instanceof NotPlain && !member.required && !isSent) return null;
    throw error;
  }
}

function viewField(scene: Scene, member: Member, entity: Entity, isOwn: boolean, depth: number): ViewField | null {
  const { name, required, shape } = member;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new NotPlain(`the name ${name} is too long for the database`);
  const field = entity.fields.get(name);
  const source = field ? sourceOf(field, entity, scene) : besideAccount(member, entity);
  const plain = { name, omitsNull: !shape.nullable };
  switch (source.kind) {
    case 'column':
    case 'reference': {
      const column = columnIn(tableOf(scene, entity), source.column);
      if (!isOwn && !publicColumns(scene).has(column.name)) {
        throw new NotPlain(`${name} would show more of an account than others may see`);
      }
      if (required && !shape.nullable && column.nullable)
        throw new NotPlain(`${name} is always answered, but may be empty`);
      if (field?.inCreate && !canAnswer(scene.document, field.shape, shape))
        throw new NotPlain(`what is in ${name} is answered with more than it is sent with`);
      return { ...plain, kind: 'column', column: column.name };
    }
    case 'embed':
      return embedded(scene, member, source, entity, depth);
    case 'flag':
    case 'switched':
      return { ...plain, kind: source.kind, toggle: toggleOf(scene, source.toggle) };
    case 'children':
      return { ...plain, kind: 'children', table: source.child.table, column: `${entity.singular}_id` };
    case 'rows':
      return rowsField(scene, member, source, entity, depth);
    case 'token':
      return { ...plain, kind: 'token' };
    case 'constant':
      return { ...plain, kind: 'constant', value: tokenConstant(name, shape) ?? '' };
    case 'password':
      if (required) throw new NotPlain('it would answer a password');
      return null;
    default:
      if (!required) return null;
      throw new NotPlain(`nothing says where ${name} comes from (${shape.pointer})`);
  }
}

/** What only a login answers is no member of accounts. */
function besideAccount({ name, shape }: Member, { isAccounts }: Entity): Source {
  if (isAccounts && isTokenName(name)) return { kind: 'token' };
  return { kind: isAccounts && tokenConstant(name, shape) !== null ? 'constant' : 'unknown' };
}

function rowsField(
  scene: Scene,
  { name, shape }: Member,
  { entity: target, link }: Extract<Source, { kind: 'rows' }>,
  entity: Entity,
  depth: number,
): ViewField {
  const items = shape.kind === 'list' && shape.items ? shapeOf(scene.document, shape.items) : null;
  if (items?.kind !== 'object' || depth >= MAX_DEPTH) throw new NotPlain(`${name} is nested too deeply`);
  const fields = fieldsOf(scene, items, target, true, depth + 1);
  const tied = link && { table: tableOf(scene, link).name, column: link.parentColumn, other: link.targetColumn };
  return {
    ...{ name, omitsNull: false, kind: 'rows', table: tableOf(scene, target).name, fields },
    ...{ column: `${entity.singular}_id`, link: tied },
  };
}

function embedded(
  scene: Scene,
  { name, required, shape }: Member,
  source: { readonly column: string; readonly entity: Entity },
  entity: Entity,
  depth: number,
): ViewField | null {
  const column = columnIn(tableOf(scene, entity), source.column);
  if (shape.kind !== 'object') throw new NotPlain(`${name} is no object`);
  if (depth >= MAX_DEPTH) throw new NotPlain(`${name} is nested too deeply`);
  if (required && !shape.nullable && column.nullable)
    throw new NotPlain(`${name} is always answered, but may be empty`);
  const fields = fieldsOf(scene, shape, source.entity, !source.entity.isAccounts, depth + 1);
  return { name, omitsNull: !shape.nullable, kind: 'embed', column: column.name, table: source.entity.table, fields };
}
