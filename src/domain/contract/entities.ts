import type { ApiDocument } from '../api-document.ts';
import type { ContractKeys } from '../contract-plan.ts';
import { type ContractAccounts, findAccounts } from './accounts.ts';
import { type Entity, newEntity, newField } from './entity.ts';
import { type Envelope, objectIn, openEnvelope } from './envelope.ts';
import { findKeys } from './keys.ts';
import { type Link, takeLinks } from './links.ts';
import { componentOf, isPluralWord, singularOf, tableNameOf } from './names.ts';
import { type ApiOperation, operationsOf, successOf } from './operations.ts';
import { isKeyOf, isVariable, parentOf } from './paths.ts';
import { type ContractScopes, findScopes, holdersOf } from './scopes.ts';
import { type ObjectShape, type Shape, shapeOf } from './shape.ts';
import { findToggles, type Toggle } from './toggles.ts';

/** Everything that was found in a contract. */
export interface Findings {
  readonly document: ApiDocument;
  readonly operations: readonly ApiOperation[];
  readonly accounts: ContractAccounts | null;
  /** Null where people sign in. */
  readonly keys: ContractKeys | null;
  /** What is asked of people who sign in; empty where nobody does. */
  readonly scopes: ContractScopes;
  readonly entities: readonly Entity[];
  readonly toggles: readonly Toggle[];
  readonly links: readonly Link[];
}

/** Looks for what a contract keeps, and how people sign in. */
export function findEntities(document: ApiDocument): Findings {
  const operations = operationsOf(document);
  const accounts = findAccounts(document, operations);
  const plain = operations.filter((operation) => !isOfAccounts(operation, accounts));
  const prefixes = findCollections(document, plain);
  const entities = new Map<string, Entity>();
  if (accounts) {
    const people = newEntity(accounts.table, true, accounts.register.pointer);
    entities.set(accounts.table, people);
    gatherAccounts(document, accounts, people);
  }
  for (const [prefix, pointer] of prefixes) {
    const table = aliasOf(document, prefix, plain, accounts, entities) ?? tableNameOf(prefix.split('/').at(-1) ?? '');
    const entity = entities.get(table) ?? newEntity(table, false, pointer);
    entities.set(table, entity);
    entity.prefixes.add(prefix);
  }
  const links = takeLinks(plain, [...entities.values()]);
  for (const operation of plain) gatherOperation(document, operation, [...entities.values()]);
  // What has no member cannot be kept.
  const all = [...entities.values()].filter(
    (entity) => entity.isAccounts || (entity.fields.size > 0 && !isComputed(entity, links)),
  );
  const tables = all.map(({ table }) => table);
  return {
    ...{ document, operations, accounts, entities: all },
    links: links.filter(({ parent, target }) => all.includes(parent) && all.includes(target)),
    keys: accounts ? null : findKeys(document, operations, tables),
    scopes: accounts ? findScopes(operations, accounts, tables) : new Map(),
    toggles: accounts ? findToggles(plain, all) : [],
  };
}

/** Of those who sign in, only administrators may ask it. */
export function isForAdmins(
  { document, accounts, scopes }: Pick<Findings, 'document' | 'accounts' | 'scopes'>,
  operation: ApiOperation,
): boolean {
  if (!accounts || operation.security !== 'required') return false;
  return holdersOf(scopes, document, accounts, operation) === 'admins';
}

/** Listed, but never made nor found again: what it shows is reckoned from something else, and a table would be empty. */
function isComputed(entity: Entity, links: readonly Link[]): boolean {
  const { create, reads, writes, fields, prefixes } = entity;
  const isTied = links.some(({ parent, target }) => parent === entity || target === entity);
  const isFound = [...fields.keys()].some((name) => isKeyOf(name, entity));
  const isListed = reads.every(({ path }) => prefixes.has(path));
  return create.length === 0 && writes.length === 0 && isListed && !isFound && !isTied;
}

function isOfAccounts(operation: ApiOperation, accounts: ContractAccounts | null): boolean {
  if (!accounts) return false;
  const { register, login, me, changes, logout } = accounts;
  return [register, login, me, logout, ...changes].includes(operation);
}

/** Paths below which rows are addressed, or that list or make them; each with where it was seen. */
function findCollections(document: ApiDocument, operations: readonly ApiOperation[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { segments, pointer } of operations) {
    for (const [at, segment] of segments.entries()) {
      if (isVariable(segment) || !isVariable(segments[at + 1])) continue;
      const prefix = `/${segments.slice(0, at + 1).join('/')}`;
      if (!found.has(prefix)) found.set(prefix, pointer);
    }
  }
  const known = componentsOf(document, operations, found);
  for (const operation of operations) {
    const { path, segments, method, pointer } = operation;
    const last = segments.at(-1) ?? '';
    if (found.has(path) || last === '' || isVariable(last)) continue;
    const parent = `/${segments.slice(0, -1).join('/')}`;
    const answer = envelopeOf(document, operation);
    const isList = method === 'get' && answer?.isList === true && answer.shape.kind === 'object';
    // A list below a collection is another view of it, not a collection of its own.
    const isOther = isList && known.has(componentOf(answer.shape.pointer));
    const isCollection = isList && !isOther && !found.has(parent);
    const isMaking =
      method === 'post' && operation.body !== null && answer?.shape.kind === 'object' && isPluralWord(last);
    if (isCollection || (isMaking && !answer.isList)) found.set(path, pointer);
  }
  return found;
}

/** Names of the schemas that rows of the collections so far are answered with. */
function componentsOf(
  document: ApiDocument,
  operations: readonly ApiOperation[],
  prefixes: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const names = operations
    .filter(({ path }) => prefixes.has(parentOf(path)))
    .map((operation) => componentOf(envelopeOf(document, operation)?.shape.pointer ?? ''));
  return new Set(names.filter((name) => name !== ''));
}

/** The success answer of an operation, opened. */
export function envelopeOf(document: ApiDocument, operation: ApiOperation): Envelope | null {
  const schema = successOf(operation)?.schema;
  return schema ? openEnvelope(document, schema) : null;
}

/**
 * A collection without a way to make rows, of which a row shows nothing but what accounts have (and whether one follows
 * them), is another view of the accounts.
 */
function aliasOf(
  document: ApiDocument,
  prefix: string,
  operations: readonly ApiOperation[],
  accounts: ContractAccounts | null,
  entities: ReadonlyMap<string, Entity>,
): string | null {
  const people = accounts && entities.get(accounts.table);
  if (!people || operations.some(({ path, method }) => path === prefix && method === 'post')) return null;
  const item = operations.find(({ path, method }) => method === 'get' && parentOf(path) === prefix && path !== prefix);
  const shape = item && objectIn(document, successOf(item)?.schema ?? null)?.shape;
  const [, param = ''] = /\{([^{}]+)\}$/.exec(item?.path ?? '') ?? [];
  if (!shape || !(people.fields.has(param) || isKeyOf(param, people))) return null;
  const isKnown = shape.fields.every(
    ({ name, spot }) => people.fields.has(name) || ['boolean', 'integer'].includes(shapeOf(document, spot).kind),
  );
  return isKnown ? people.table : null;
}

function gatherAccounts(document: ApiDocument, accounts: ContractAccounts, people: Entity): void {
  const { register, login, me, changes } = accounts;
  people.create.push(register);
  add(document, people, objectIn(document, register.body)?.shape ?? null, 'create');
  for (const change of changes) add(document, people, objectIn(document, change.body)?.shape ?? null, 'update');
  for (const operation of [register, login, ...(me ? [me] : []), ...changes]) {
    const answer = envelopeOf(document, operation);
    if (answer?.shape.kind !== 'object') continue;
    const inner = accountIn(document, answer.shape, people);
    const isTokenOnly = operation === login && inner === answer.shape;
    if (isTokenOnly && inner.fields.every((field) => !people.fields.has(field.name))) continue;
    if (operation !== register || inner !== answer.shape) name(people, inner.pointer);
    add(document, people, inner, 'read');
  }
}

/** `{token, user: {…}}`: the account is the object beside the token. */
export function accountIn(document: ApiDocument, shape: ObjectShape, people: Pick<Entity, 'singular'>): ObjectShape {
  for (const field of shape.fields) {
    const inner = shapeOf(document, field.spot);
    if (inner.kind === 'object' && singularOf(tableNameOf(field.name)) === people.singular) return inner;
  }
  return shape;
}

function gatherOperation(document: ApiDocument, operation: ApiOperation, entities: readonly Entity[]): void {
  const prefix = parentOf(operation.path);
  const entity = entities.find(({ prefixes }) => prefixes.has(prefix));
  if (!entity) return;
  const isItem = prefix !== operation.path;
  const body = objectIn(document, operation.body);
  if (operation.method === 'get') entity.reads.push(operation);
  else if (operation.method === 'post' && !isItem) entity.create.push(operation);
  else entity.writes.push(operation);
  if (operation.method === 'post' && !isItem) add(document, entity, body?.shape ?? null, 'create');
  if (isItem && (operation.method === 'put' || operation.method === 'patch'))
    add(document, entity, body?.shape ?? null, 'update');
  const answer = envelopeOf(document, operation);
  if (answer?.shape.kind !== 'object' || operation.method === 'delete') return;
  name(entity, answer.shape.pointer);
  add(document, entity, answer.shape, 'read');
}

function name(entity: Entity, pointer: string): void {
  const component = componentOf(pointer);
  if (component !== '') entity.components.add(component);
}

function add(document: ApiDocument, entity: Entity, shape: Shape | null, use: 'create' | 'update' | 'read'): void {
  if (shape?.kind !== 'object') return;
  for (const field of shape.fields) {
    const own = shapeOf(document, field.spot);
    const known = entity.fields.get(field.name) ?? newField(field.name, own);
    entity.fields.set(field.name, known);
    if (use === 'read') {
      known.readFilled = (known.inRead ? known.readFilled : true) && field.required && !own.nullable;
      known.inRead = true;
      continue;
    }
    if (field.readOnly) continue;
    known.shape = known.inCreate ? known.shape : own;
    if (use === 'create') {
      known.createRequired = (known.inCreate ? known.createRequired : true) && field.required && !own.nullable;
      known.inCreate = true;
    } else {
      known.inUpdate = true;
      known.updateNull ||= own.nullable;
    }
  }
}
