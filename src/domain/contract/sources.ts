import type { ApiDocument } from '../api-document.ts';
import { isPasswordName, isTokenName, tokenConstant } from './accounts.ts';
import type { Findings } from './entities.ts';
import type { Entity, EntityField } from './entity.ts';
import type { Link } from './links.ts';
import { columnName, componentOf } from './names.ts';
import { isKeyOf, parentOf } from './paths.ts';
import { isNumeric, shapeOf } from './shape.ts';
import type { Toggle } from './toggles.ts';

/** Where the value of a member of an answer comes from. */
export type Source =
  /** A column of the row; `made` when the server fills it in. */
  | { readonly kind: 'column'; readonly column: string; readonly made: 'key' | 'created' | 'updated' | 'slug' | null }
  /** The column refers to a row of another entity. */
  | { readonly kind: 'reference'; readonly column: string; readonly entity: Entity; readonly isOwner: boolean }
  /** The row that a column refers to, as an object. */
  | { readonly kind: 'embed'; readonly column: string; readonly entity: Entity; readonly isOwner: boolean }
  /** Whether who asks has switched something on, and how many have. */
  | { readonly kind: 'flag' | 'switched'; readonly toggle: Toggle }
  /** How many rows of another entity belong to this one. */
  | { readonly kind: 'children'; readonly child: Entity }
  /** The rows of another entity that belong to this one, or are tied to it. */
  | { readonly kind: 'rows'; readonly entity: Entity; readonly link: Link | null }
  | { readonly kind: 'password'; readonly column: string }
  | { readonly kind: 'token' }
  /** Told with a token, and the same for everybody. */
  | { readonly kind: 'constant' }
  /** Nobody knows. */
  | { readonly kind: 'unknown' };

/** What keys are called. */
export const KEY = 'id';

const CREATED =
  /^(?:created|(?:created|added|registered|joined)_?(?:at|on|date|time)|date_?created|creation_?(?:date|time)|inserted_?at)$/i;
const UPDATED =
  /^(?:updated|modified|(?:last_?)?(?:updated|modified)_?(?:at|on|date|time)|date_?(?:updated|modified))$/i;
const OWNER = /^(?:author|owner|user|creator|poster|sender|(?:created|posted|written|owned)_?by)(?:_?id)?$/i;

/** Where a member of an entity comes from, by its name, its schema and who sends it. */
export function sourceOf(field: EntityField, entity: Entity, findings: Findings): Source {
  const { name, shape } = field;
  const column = columnName(name);
  const isGiven = field.inCreate || field.inUpdate;
  if (entity.isAccounts && isTokenName(name) && !isGiven) return { kind: 'token' };
  if (isPasswordName(name)) return { kind: 'password', column: 'password_hash' };
  if (isKey(field, entity)) return { kind: 'column', column: KEY, made: field.createRequired ? null : 'key' };
  const toggled = isGiven ? null : toggledBy(field, entity, findings);
  if (toggled) return toggled;
  const reference = referenceOf(field, entity, findings);
  if (reference) return reference;
  const rows = isGiven ? null : rowsOf(field, entity, findings);
  if (rows) return rows;
  const isConstant = entity.isAccounts && !isGiven && tokenConstant(name, shape) !== null;
  if (isConstant) return { kind: 'constant' };
  const made = isGiven ? null : madeBy(field, entity);
  if (made) return { kind: 'column', column, made };
  const child = isGiven || !isNumeric(shape) ? null : countedBy(name, entity, findings);
  if (child) return { kind: 'children', child };
  // Something the document has a value for, or that may be missing, can be kept; anything else would be made up.
  const isKept = isGiven || shape.preset !== undefined || !field.readFilled || beginsSomehow(field);
  return isKept ? { kind: 'column', column, made: null } : { kind: 'unknown' };
}

const COUNTED =
  /(?:count|views|likes|votes|points|score|balance|stock|downloads|visits|version|revision)$|^(?:num|number_of)_/;

/** What no body gives and every answer has: a state, a switch or a count has a value that it begins with; a sum has none. */
function beginsSomehow({ name, shape }: EntityField): boolean {
  if (shape.kind === 'text') return shape.values.length > 0;
  return shape.kind === 'boolean' || (isNumeric(shape) && COUNTED.test(columnName(name)));
}

/** `id`; made by the server unless whoever makes a row has to say it. */
export function isKey(field: EntityField, entity: Entity): boolean {
  const { name, shape } = field;
  const isScalar = isNumeric(shape) || shape.kind === 'text';
  const isNamed =
    columnName(name) === 'id' || (!hasPlainId(entity) && (isKeyOf(name, entity) || isMadeAddress(field, entity)));
  return isNamed && isScalar;
}

/** `/devices/{serial}`, of a serial that nobody gives: it is made here. */
function isMadeAddress(field: EntityField, entity: Entity): boolean {
  if (field.inCreate || !field.readFilled || madeBy(field, entity) !== null) return false;
  return [...entity.reads, ...entity.writes].some(
    ({ path }) => path.endsWith(`/{${field.name}}`) && entity.prefixes.has(parentOf(path)),
  );
}

function hasPlainId(entity: Entity): boolean {
  return [...entity.fields.keys()].some((name) => columnName(name) === 'id');
}

function madeBy({ name, shape, readFilled }: EntityField, entity: Entity): 'created' | 'updated' | 'slug' | null {
  const isMoment = shape.kind === 'text' ? /^date(?:-time)?$/.test(shape.format) : shape.kind === 'integer';
  if (isMoment && CREATED.test(name)) return 'created';
  if (isMoment && UPDATED.test(name)) return 'updated';
  // A moment that every answer has and no body gives is when the row was made.
  if (readFilled && shape.kind === 'text' && shape.format === 'date-time') return 'created';
  return name === 'slug' && shape.kind === 'text' && slugSource(entity) !== null ? 'slug' : null;
}

/** What a slug is made of. */
export function slugSource(entity: Entity): EntityField | null {
  const fields = [...entity.fields.values()].filter(
    ({ shape, createRequired }) => createRequired && shape.kind === 'text',
  );
  return ['title', 'name', 'headline'].flatMap((name) => fields.find((field) => field.name === name) ?? [])[0] ?? null;
}

function toggledBy({ name, shape }: EntityField, entity: Entity, { toggles }: Findings): Source | null {
  const plain = columnName(name).replaceAll('_', '');
  for (const toggle of toggles.filter((candidate) => candidate.entity === entity)) {
    const stem = toggle.verb
      .toLowerCase()
      .replace(/[^a-z]/g, '')
      .replace(/e$/, '');
    const said = `(?:${stem}|${stem}${stem.at(-1)})(?:e?d|ing|e)?(?:byme)?`;
    if (shape.kind === 'boolean' && new RegExp(`^(?:is|has|ihave|am)?${said}$`).test(plain))
      return { kind: 'flag', toggle };
    const counted = `${stem}(?:e?r?s|e|ed|ing)?`;
    const isCount = new RegExp(`^(?:${counted}(?:count|total)|(?:count|total|num|numberof)${counted}|${stem}e?r?s)$`);
    if (shape.kind === 'integer' && isCount.test(plain)) return { kind: 'switched', toggle };
  }
  return null;
}

function countedBy(name: string, entity: Entity, { entities }: Findings): Entity | null {
  const plain = columnName(name).replace(/^(?:num|number_of|total)_|_(?:count|total)$/g, '');
  if (plain === columnName(name)) return null;
  return entities.find((child) => isBelow(child, entity) && [child.table, child.singular].includes(plain)) ?? null;
}

function rowsOf({ shape }: EntityField, entity: Entity, { document, entities, links }: Findings): Source | null {
  const items = shape.kind === 'list' && shape.items ? shapeOf(document, shape.items) : null;
  const component = componentOf(items?.pointer ?? '');
  const target = entities.find(({ components, isAccounts }) => !isAccounts && components.has(component));
  if (component === '' || !target) return null;
  const link = links.find((own) => own.parent === entity && own.target === target) ?? null;
  return link || isBelow(target, entity) ? { kind: 'rows', entity: target, link } : null;
}

/** Whether the rows of one entity are listed below a row of another. */
export function isBelow(child: Entity, parent: Entity): boolean {
  return child !== parent && [...child.prefixes].some((prefix) => parentEntityPath(prefix, parent) !== null);
}

/** `/articles/{slug}` for the comments below it. */
function parentEntityPath(prefix: string, parent: Pick<Entity, 'prefixes'>): string | null {
  const item = prefix.split('/').slice(0, -1).join('/');
  const collection = item.split('/').slice(0, -1).join('/');
  return item.endsWith('}') && parent.prefixes.has(collection) ? item : null;
}

/** `author: Profile`, `authorId`, `category_id`. */
function referenceOf(field: EntityField, entity: Entity, findings: Findings): Source | null {
  const { name, shape, inCreate } = field;
  const { entities, accounts } = findings;
  const people = entities.find(({ isAccounts }) => isAccounts) ?? null;
  const isOwnerName = accounts !== null && !entity.isAccounts && OWNER.test(name) && !inCreate;
  if (shape.kind === 'object') {
    const component = componentOf(shape.pointer);
    const target = component === '' ? undefined : entities.find(({ components }) => components.has(component));
    if (!target || target === entity || inCreate) return null;
    const isOwner = isOwnerName && target.isAccounts;
    return { kind: 'embed', column: `${columnName(name)}_id`, entity: target, isOwner };
  }
  if (shape.kind !== 'text' && !isNumeric(shape)) return null;
  const [, stem = ''] = /^(.+)_id$/.exec(columnName(name)) ?? [];
  const isOwner = isOwnerName && people !== null;
  const target = isOwner ? people : entities.find((candidate) => stem !== '' && isNamedBy(stem, candidate));
  if (!target || (stem === '' && !isOwner)) return null;
  if (keyKindOf(target, findings.document) !== (isNumeric(shape) ? 'integer' : 'text')) return null;
  return {
    kind: 'reference',
    column: stem === '' ? `${columnName(name)}_id` : columnName(name),
    entity: target,
    isOwner,
  };
}

/** A key that no answer shows is a text. */
function keyKindOf(entity: Entity, document: ApiDocument): 'text' | 'integer' {
  for (const field of entity.fields.values()) {
    if (isKey(field, entity)) return isNumeric(field.shape) ? 'integer' : 'text';
  }
  const spots = entity.reads.flatMap(({ parameters }) => parameters.filter((param) => isKeyOf(param.name, entity)));
  const [schema] = spots.flatMap(({ schema: spot }) => spot ?? []);
  return schema && isNumeric(shapeOf(document, schema)) ? 'integer' : 'text';
}

function isNamedBy(stem: string, { singular, isAccounts }: Entity): boolean {
  return stem === singular || (isAccounts && OWNER.test(stem)) || singular.endsWith(`_${stem}`);
}
