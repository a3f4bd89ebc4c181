import type { ApiDocument } from '../api-document.ts';
import type { ContractBody, ContractCheck, ContractInput, TextFormat } from '../contract-values.ts';
import { patternParts } from '../pattern-parts.ts';
import { isPasswordName } from './accounts.ts';
import type { Entity } from './entity.ts';
import { objectIn } from './envelope.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation } from './operations.ts';
import { type Scene, tableOf } from './scene.ts';
import { type Shape, type ShapeField, shapeOf } from './shape.ts';
import { KEY, sourceOf } from './sources.ts';

/** Deeper values are kept as any JSON. */
const MAX_DEPTH = 8;

/** What a value of a shape must be like. */
export function checkOf(document: ApiDocument, shape: Shape, depth = 0): ContractCheck {
  const { nullable } = shape;
  switch (shape.kind) {
    case 'text':
      return textCheck(shape);
    case 'integer':
    case 'number':
      return { nullable, kind: shape.kind, min: shape.min, max: shape.max };
    case 'boolean':
      return { nullable, kind: 'boolean' };
    case 'list': {
      if (!shape.items || depth > MAX_DEPTH) return { nullable, kind: 'list', item: { nullable: true, kind: 'any' } };
      return { nullable, kind: 'list', item: checkOf(document, shapeOf(document, shape.items), depth + 1) };
    }
    case 'object': {
      if (shape.fields.length === 0 || depth > MAX_DEPTH) return { nullable, kind: 'any' };
      const members = shape.fields.map(({ name, required, spot }) => ({
        name,
        required,
        check: checkOf(document, shapeOf(document, spot), depth + 1),
      }));
      return { nullable, kind: 'object', members };
    }
    default:
      return { nullable: true, kind: 'any' };
  }
}

function textCheck({
  values,
  format,
  nullable,
  minLength,
  maxLength,
  pattern,
}: Extract<Shape, { kind: 'text' }>): ContractCheck {
  if (values.length > 0) return { nullable, kind: 'choice', values };
  if (format === 'uuid') return { nullable, kind: 'uuid' };
  if (format === 'date-time') return { nullable, kind: 'instant' };
  if (format === 'date') return { nullable, kind: 'date' };
  if (pattern !== undefined) return patternCheck(pattern, { nullable, minLength, maxLength });
  if (format === 'email') return { nullable, kind: 'email' };
  const known = FORMATS[format];
  return { nullable, kind: 'text', min: minLength || undefined, max: maxLength, ...(known ? { format: known } : {}) };
}

const FORMATS: Readonly<Partial<Record<string, TextFormat>>> = {
  ...{ uri: 'uri', url: 'uri', ipv4: 'ipv4', ipv6: 'ipv6', hostname: 'hostname' },
  ...{ time: 'time', byte: 'byte', base64: 'byte' },
};

/** Longer texts are not held against patterns. */
const MOST_MATCHED = 1000;

function patternCheck(
  pattern: string,
  { nullable, minLength, maxLength }: Pick<Extract<Shape, { kind: 'text' }>, 'nullable' | 'minLength' | 'maxLength'>,
): ContractCheck {
  if (patternParts(pattern) === null) {
    throw new NotPlain(`a value must match the pattern ${JSON.stringify(pattern.slice(0, 60))}`);
  }
  const max = Math.min(maxLength ?? MOST_MATCHED, MOST_MATCHED);
  return { nullable, kind: 'text', min: minLength || undefined, max, pattern };
}

/** The body of an operation that makes or changes rows of an entity. Throws `NotPlain`. */
export function bodyOf(scene: Scene, operation: ApiOperation, entity: Entity): ContractBody {
  if (operation.takesOther) throw new NotPlain('its body is no JSON');
  const body = objectIn(scene.document, operation.body);
  if (!body) throw new NotPlain('it takes no object');
  const table = tableOf(scene, entity);
  const isNew = operation !== scene.accounts?.login;
  const inputs = body.shape.fields.flatMap((member): ContractInput[] => {
    if (member.readOnly || (!isNew && !isOfLogin(scene, member))) return [];
    const field = entity.fields.get(member.name);
    const source = field && sourceOf(field, entity, scene);
    const shape = shapeOf(scene.document, member.spot);
    const isPassword = isPasswordName(member.name);
    if (source?.kind === 'password') {
      const check: ContractCheck = {
        nullable: false,
        kind: 'text',
        min: isNew ? (lengthOf(shape) ?? 8) : undefined,
        max: 256,
      };
      return [{ name: member.name, required: member.required, check, column: source.column, isPassword }];
    }
    if (source?.kind !== 'column' && source?.kind !== 'reference') {
      throw new NotPlain(`nothing is known about ${member.name} in its body (${member.spot.pointer})`);
    }
    // A key that is made here is not taken, nor is one changed.
    if (source.kind === 'column' && source.column === KEY && (source.made === 'key' || operation.method !== 'post'))
      return [];
    const column = table.columns.find(({ name }) => name === source.column);
    if (!column || (column.default !== null && 'generate' in column.default)) return [];
    const check = checkOf(scene.document, shape);
    const own = { ...check, nullable: check.nullable && column.nullable };
    return [{ name: member.name, required: member.required, check: own, column: column.name, isPassword: false }];
  });
  if (operation.method === 'post' && operation !== scene.accounts?.login) demandRest(inputs, scene, entity);
  if (operation.isForm && inputs.some(({ check }) => !SENT_IN_FORMS.has(check.kind)))
    throw new NotPlain('its form has more than texts');
  return { wrap: body.wrap, isForm: operation.isForm, inputs };
}

/** What a form can hold. */
const SENT_IN_FORMS: ReadonlySet<string> = new Set(['text', 'email', 'uuid', 'instant', 'date', 'choice']);

/** Of a login the name and the password; `grant_type` and the like say nothing here. */
function isOfLogin({ accounts }: Scene, { name, required }: Pick<ShapeField, 'name' | 'required'>): boolean {
  return name === accounts?.loginField || isPasswordName(name) || required;
}

function lengthOf(shape: Shape): number | undefined {
  return shape.kind === 'text' ? shape.minLength : undefined;
}

/** Whatever a new row cannot be without has to be in the body that makes it. */
function demandRest(inputs: readonly ContractInput[], scene: Scene, entity: Entity): void {
  const path = new Set(parentColumns(scene, entity));
  for (const column of tableOf(scene, entity).columns) {
    if (column.nullable || column.default !== null || path.has(column.name) || column.name === 'slug') continue;
    const input = inputs.find((candidate) => candidate.column === column.name);
    if (!input?.required) throw new NotPlain(`a new row needs ${column.name}, and its body need not have it`);
  }
}

/** The columns that say below which row another one is listed. */
function parentColumns({ entities }: Scene, entity: Entity): readonly string[] {
  return entities
    .filter((parent) => [...entity.prefixes].some((prefix) => isItemOf(prefix, parent)))
    .map(({ singular }) => `${singular}_id`);
}

function isItemOf(prefix: string, parent: Entity): boolean {
  const item = prefix.split('/').slice(0, -1);
  return parent.prefixes.has(item.slice(0, -1).join('/')) && (item.at(-1) ?? '').startsWith('{');
}
