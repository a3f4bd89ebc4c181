import type { ContractAction } from '../contract-plan.ts';
import type { ContractView } from '../contract-rows.ts';
import { isPasswordName } from './accounts.ts';
import { addressColumn, addressOf, entityAt, parentAddress } from './addresses.ts';
import { bodyOf } from './checks.ts';
import { envelopeOf } from './entities.ts';
import type { Entity } from './entity.ts';
import { filtersOf } from './filters.ts';
import { headersOf } from './headers.ts';
import { keyDemands } from './keys.ts';
import { linkAction, tiedRows } from './link-actions.ts';
import { columnName, componentOf, singularOf } from './names.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation } from './operations.ts';
import { pagingOf } from './paging.ts';
import { isVariable, parentOf } from './paths.ts';
import { type Scene, tableOf, toggleOf } from './scene.ts';
import { refuseUnknownScopes } from './scopes.ts';
import { sortOf } from './sorting.ts';
import { slugSource } from './sources.ts';
import { answerView, fieldsOf, removalView } from './views.ts';

/** What the server does for an operation; what is not plain handling of rows is left to people, with the reason. */
export function actionOf(scene: Scene, operation: ApiOperation): ContractAction {
  try {
    return findAction(scene, operation);
  } catch (error) {
    if (error instanceof NotPlain) return { kind: 'custom', reason: error.message };
    throw error;
  }
}

function findAction(scene: Scene, operation: ApiOperation): ContractAction {
  refuseUnknownSecurity(scene, operation);
  const header = operation.parameters.find(
    ({ in: where, required }) => required && where !== 'path' && where !== 'query',
  );
  if (header) throw new NotPlain(`it needs the ${header.in} ${header.name}`);
  const ofAccounts = accountAction(scene, operation);
  if (ofAccounts) return ofAccounts;
  const toggle = scene.toggles.find(({ on, off }) => on === operation || off === operation);
  if (toggle) {
    const item = operation.path.split('/').slice(0, -1).join('/');
    const view = answerView(scene, operation, toggle.entity);
    const address = addressOf(scene, item, operation);
    return { kind: 'toggle', address, toggle: toggleOf(scene, toggle), isOn: toggle.on === operation, view };
  }
  const link = linkAction(scene, operation);
  if (link) return link;
  if (operation.method === 'get') return readAction(scene, operation);
  return writeAction(scene, operation);
}

/** A key that nobody can get here opens nothing. */
function refuseUnknownSecurity(scene: Scene, operation: ApiOperation): void {
  const { accounts, keys } = scene;
  if (operation.security !== 'required') return;
  if (accounts) {
    refuseUnknownScopes(scene.scopes, scene.document, accounts, operation);
    return;
  }
  if (!keys) throw new NotPlain('it asks for a key, and the document does not say how anybody gets one');
  tableOf(scene, keys);
  keyDemands(keys, operation);
}

function accountAction(scene: Scene, operation: ApiOperation): ContractAction | null {
  const { accounts } = scene;
  const people = scene.entities.find(({ isAccounts }) => isAccounts);
  if (!accounts || !people) return null;
  if (operation === accounts.logout) {
    if (operation.security !== 'required' || operation.body)
      throw new NotPlain('who signs out is not asked for a token');
    return { kind: 'logout' };
  }
  const view = (): ContractView => {
    const found = answerView(scene, operation, people);
    if (!found) throw new NotPlain('it answers nothing');
    return found;
  };
  if (operation === accounts.register)
    return { kind: 'register', body: bodyOf(scene, operation, people), view: view() };
  if (operation === accounts.me) {
    const found = view();
    return { kind: 'me', view: found };
  }
  if (accounts.changes.includes(operation)) {
    return { kind: 'changeMe', body: bodyOf(scene, operation, people), view: view() };
  }
  if (operation !== accounts.login) return null;
  const body = bodyOf(scene, operation, people);
  const password = body.inputs.find(({ name }) => isPasswordName(name))?.name ?? '';
  if (body.inputs.length > 2) throw new NotPlain('it takes more than a name and a password');
  return { kind: 'login', body, view: view(), login: accounts.loginField, password };
}

function readAction(scene: Scene, operation: ApiOperation): ContractAction {
  const { path, segments } = operation;
  const prefix = parentOf(path);
  if (prefix !== path) {
    const entity = entityAt(scene, prefix);
    if (!entity) throw new NotPlain('it reads nothing that is kept');
    refuseQuery(operation);
    const view = answerView(scene, operation, entity);
    headersOf(operation, []);
    if (!view) throw new NotPlain('it answers nothing');
    return { kind: 'read', address: addressOf(scene, path, operation), view };
  }
  const envelope = envelopeOf(scene.document, operation);
  if (!envelope?.isList) throw new NotPlain('it answers something that is no list of rows');
  const { wrap, totals, shape } = envelope;
  if (shape.kind === 'text') return valuesAction(scene, operation, wrap);
  if (shape.kind !== 'object') throw new NotPlain('it lists something that is not kept');
  const tied = tiedRows(scene, operation);
  const entity = tied?.entity ?? entityAt(scene, path) ?? otherEntity(scene, operation, componentOf(shape.pointer));
  if (!entity) throw new NotPlain('it lists something that is not kept');
  if (entity.isAccounts) throw new NotPlain('it lists accounts, of which everybody sees only their own');
  const isOther = !tied && entityAt(scene, path) === null;
  const paging = pagingOf(scene, operation, totals);
  const sort = sortOf(scene, operation, tableOf(scene, entity));
  if (!paging && totals.some(({ means }) => !UNPAGED.has(means)))
    throw new NotPlain('it answers pages without being asked for one');
  return {
    kind: 'list',
    table: entity.table,
    view: { wrap, constants: [], fields: fieldsOf(scene, shape, entity, true) },
    totals,
    parent: tied ? tied.parent : isOther ? null : parentAddress(scene, `/${segments.join('/')}`, operation),
    filters: filtersOf(scene, operation, entity, sort),
    paging,
    sort,
    totalHeader: headersOf(operation, scene.operations).total,
    followed: isOther && FEED.test(segments.at(-1) ?? '') ? followedBy(scene, entity) : null,
  };
}

/** What can be told of a list that is answered whole. */
const UNPAGED: ReadonlySet<string> = new Set(['total', 'here', 'empty', 'nothing', 'constant']);

const FEED = /^(?:feed|following|followed|timeline)$/i;

const SEARCHED = /^(?:search|find(?:_?by.*)?|filter|query|list|all)$/i;

/** `/articles/feed`, for those who are signed in and follow others; `/articles/search`, which only parameters narrow. */
function otherEntity(scene: Scene, { segments, security }: ApiOperation, component: string): Entity | null {
  const last = segments.at(-1) ?? '';
  const isFeed = FEED.test(last) && security === 'required';
  if ((!isFeed && !SEARCHED.test(last)) || segments.some(isVariable)) return null;
  return scene.entities.find(({ components }) => component !== '' && components.has(component)) ?? null;
}

function followedBy(scene: Scene, entity: Entity) {
  const follow = scene.toggles.find(
    (toggle) => toggle.entity.isAccounts && /^(?:follow|subscribe)$/i.test(toggle.verb),
  );
  const owner = tableOf(scene, entity).columns.find(
    ({ default: made }) => made && 'generate' in made && made.generate === 'owner',
  );
  if (!follow || !owner) throw new NotPlain('nothing says whose rows it lists');
  return { ownerColumn: owner.name, toggle: toggleOf(scene, follow) };
}

/** `/tags`: the different values that lists of texts of some rows have. */
function valuesAction(scene: Scene, operation: ApiOperation, wrap: string | null): ContractAction {
  refuseQuery(operation);
  const wanted = singularOf(columnName(operation.segments.at(-1) ?? ''));
  for (const entity of scene.entities) {
    const table = tableOf(scene, entity);
    const isOpen = table.access === null || table.access.read === 'everyone';
    const column = table.columns.find(
      ({ name, type }) => type === 'text[]' && (singularOf(name) === wanted || name === `${wanted}_list`),
    );
    if (column && isOpen && !entity.isAccounts) return { kind: 'values', table: table.name, column: column.name, wrap };
  }
  throw new NotPlain('it lists values of something that is not kept');
}

/** A parameter that is not looked at would change nothing, and nobody would notice. */
function refuseQuery({ parameters }: ApiOperation): void {
  const param = parameters.find(({ in: where }) => where === 'query');
  if (param) throw new NotPlain(`nothing is known about the parameter ${param.name} (${param.pointer})`);
}

function writeAction(scene: Scene, operation: ApiOperation): ContractAction {
  const { path, method } = operation;
  refuseQuery(operation);
  const entity = entityAt(scene, parentOf(path));
  if (!entity) throw new NotPlain('it is no plain handling of rows');
  if (entity.isAccounts) throw new NotPlain('accounts are made by signing up, and changed by whom they belong to');
  refuseOpenChange(scene, entity, operation);
  const isItem = isVariable(path.split('/').at(-1));
  if (method === 'post' && !isItem) {
    return {
      kind: 'create',
      table: entity.table,
      parent: parentAddress(scene, path, operation),
      body: bodyOf(scene, operation, entity),
      view: answerView(scene, operation, entity),
      slug: slugOf(entity, scene),
      location: locationOf(scene, entity, operation),
    };
  }
  if (!isItem) throw new NotPlain('it names no row');
  if (method === 'delete') {
    if (operation.body) throw new NotPlain('it takes a body');
    return { kind: 'remove', address: addressOf(scene, path, operation), view: removalView(scene, operation, entity) };
  }
  if (method === 'post') throw new NotPlain('it is no plain handling of rows');
  headersOf(operation, []);
  const body = bodyOf(scene, operation, entity);
  if (body.inputs.length === 0) throw new NotPlain('it changes nothing');
  return {
    kind: 'change',
    address: addressOf(scene, path, operation),
    body,
    view: answerView(scene, operation, entity),
    isWhole: method === 'put' && body.inputs.some(({ required }) => required),
    slug: slugOf(entity, scene),
  };
}

function locationOf(scene: Scene, entity: Entity, operation: ApiOperation): string | null {
  const { location } = headersOf(operation, scene.operations);
  return location === null ? null : addressColumn(scene, entity, location).name;
}

/** Rows that belong to somebody are changed by nobody else. */
function refuseOpenChange(scene: Scene, entity: Entity, { security }: ApiOperation): void {
  const { access } = tableOf(scene, entity);
  if (access && access.write !== 'everyone' && security !== 'required') {
    throw new NotPlain('anybody could change what belongs to somebody');
  }
}

function slugOf(entity: Entity, scene: Scene): { readonly column: string; readonly from: string } | null {
  const hasSlug = tableOf(scene, entity).columns.some(({ name }) => name === 'slug');
  const field = entity.fields.get('slug');
  const source = hasSlug && field && !field.inCreate && !field.inUpdate ? slugSource(entity) : null;
  return source ? { column: 'slug', from: columnName(source.name) } : null;
}
