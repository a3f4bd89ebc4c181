import { expect, test } from 'vitest';
import type { Json } from '../../../src/domain/api-document.ts';
import { designContract, planContract } from '../../../src/domain/contract.ts';
import type { ContractAction } from '../../../src/domain/contract-plan.ts';

/** What becomes of operations whose documents are written in different ways; each document is as small as it can be. */

const ID = { type: 'integer' };
const NAME = { type: 'string' };

const json = (schema: Json) => ({ content: { 'application/json': { schema } } });
const answers = (status: string, schema?: Json) => ({ [status]: { description: '', ...(schema ? json(schema) : {}) } });
const object = (properties: Json, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const list = (items: Json) => ({ type: 'array', items });
const item = (name: string, schema: Json = ID) => ({ name, in: 'path', required: true, schema });
const asked = (name: string, schema: Json) => ({ name, in: 'query', schema });

function documentOf(paths: Json, components: Json = {}): Json {
  return { openapi: '3.1.0', info: { title: 'T', version: '1' }, paths, components };
}

/** The actions of a document, by their ids. */
function actionsOf(document: Json): Readonly<Record<string, ContractAction>> {
  const { schema } = designContract(document);
  return Object.fromEntries(planContract(document, schema).operations.map(({ id, action }) => [id, action]));
}

/** A collection of rows that are made, listed and read. */
function things(row: Json, sent: Json, listed: Json = list(row), query: readonly Json[] = []): Json {
  return {
    '/things': {
      get: { operationId: 'list', parameters: query, responses: answers('200', listed) },
      post: { operationId: 'make', requestBody: json(sent), responses: answers('201', row) },
    },
    '/things/{id}': { get: { operationId: 'read', parameters: [item('id')], responses: answers('200', row) } },
  };
}

const ROW = object({ id: ID, name: NAME });
const SENT = object({ name: NAME });
const ALL_SERVED = { list: 'list', make: 'create', read: 'read' };

const kinds = (actions: Readonly<Record<string, ContractAction>>) =>
  Object.fromEntries(Object.entries(actions).map(([id, { kind }]) => [id, kind]));

test.each<[string, Json, Json]>([
  ['a key of the type number', object({ id: { type: 'number' }, name: NAME }), SENT],
  ['a state that no body gives', object({ id: ID, name: NAME, state: { enum: ['new', 'old'] } }), SENT],
  ['a switch that no body gives', object({ id: ID, name: NAME, isOpen: { type: 'boolean' } }), SENT],
  ['a count that no body gives', object({ id: ID, name: NAME, viewCount: ID }), SENT],
  [
    'a moment that no body gives',
    object({ id: ID, name: NAME, soldAt: { type: 'string', format: 'date-time' } }),
    SENT,
  ],
  [
    'a choice that may be left out',
    object({ id: ID, kind: { enum: ['a', 'b'] } }),
    object({ kind: { enum: ['a', 'b'] } }, []),
  ],
  ['a number that may be left out', object({ id: ID, size: ID }), object({ size: ID }, [])],
  [
    'a member that cannot be shown and may be missing',
    object({ id: ID, name: NAME, sum: object({ a: ID }) }, ['id', 'name']),
    SENT,
  ],
])('rows with %s are made, listed and read', (_name, row, sent) => {
  expect(kinds(actionsOf(documentOf(things(row, sent))))).toEqual(ALL_SERVED);
});

test('a sum that nobody gives is not made up', () => {
  const row = object({ id: ID, name: NAME, totalPrice: { type: 'number' } });
  expect(actionsOf(documentOf(things(row, SENT))).read).toMatchObject({
    kind: 'custom',
    reason: expect.stringMatching(/^nothing says where totalPrice comes from/),
  });
});

test.each<[string, Json, readonly Json[]]>([
  ['numbers of the type number', object({ data: list(ROW), total: { type: 'number' } }), []],
  [
    'what is told in objects of objects',
    object({ data: list(ROW), meta: object({ page: object({ total: ID }) }) }),
    [],
  ],
  ['links of which none is needed', object({ data: list(ROW), links: object({ next: NAME }, []) }), []],
  ['words of success', object({ success: { type: 'boolean' }, message: NAME, data: list(ROW) }), []],
  [
    'all that a framework tells of a page',
    object(
      { content: list(ROW), totalElements: ID, number: ID, first: { type: 'boolean' }, sort: object({ by: NAME }, []) },
      [],
    ),
    [asked('page', ID), asked('size', ID)],
  ],
])('a list is a list with %s beside it', (_name, listed, query) => {
  expect(kinds(actionsOf(documentOf(things(ROW, SENT, listed, query))))).toEqual(ALL_SERVED);
});

test('a row with a list in it is no list', () => {
  const cart = object({ id: ID, name: NAME, items: list(NAME) }, []);
  expect(kinds(actionsOf(documentOf(things(cart, SENT, list(cart)))))).toEqual(ALL_SERVED);
});

test('a parameter that is an object is one for each of its members', () => {
  const pageable = object({ page: { type: 'integer', minimum: 0 }, size: ID, sort: list(NAME) }, []);
  const listed = object({ content: list(ROW), totalPages: ID });
  const { list: action } = actionsOf(documentOf(things(ROW, SENT, listed, [asked('pageable', pageable)])));
  expect(action).toMatchObject({ kind: 'list', paging: { page: 'page', limit: 'size', firstPage: 0 } });
  expect(action).toMatchObject({ sort: { param: 'sort', isList: true } });
});

test.each([
  ['filter[name]', 'equal'],
  ['filter[size][gte]', 'bound'],
  ['minSize', 'bound'],
])('%s narrows a list', (name, kind) => {
  const row = object({ id: ID, name: NAME, size: ID });
  const query = [asked(name, kind === 'equal' ? NAME : ID)];
  const { list: action } = actionsOf(documentOf(things(row, object({ name: NAME, size: ID }), list(row), query)));
  expect(action).toMatchObject({ filters: [{ param: name, kind }] });
});

test('several words narrow a list by the words that rows have', () => {
  const row = object({ id: ID, tags: list(NAME) });
  const query = [asked('tags', { anyOf: [list(NAME), { type: 'null' }] })];
  const { list: action } = actionsOf(documentOf(things(row, object({ tags: list(NAME) }), list(row), query)));
  expect(action).toMatchObject({ filters: [{ param: 'tags', kind: 'member', column: 'tags' }] });
});

test('rows in a body that are answered with more than they are sent with are left to people', () => {
  const row = object({ id: ID, lines: list(object({ id: ID, text: NAME })) });
  const { make } = actionsOf(documentOf(things(row, object({ lines: list(object({ text: NAME })) }))));
  expect(make).toMatchObject({ kind: 'custom', reason: expect.stringContaining('lines is answered with more') });
});

test('paths are the same with a slash at their end, which stays where it was written', () => {
  const { '/things': all, '/things/{id}': one } = things(ROW, SENT);
  const document = documentOf({ '/things/': all, '/things/{id}/': one });
  expect(kinds(actionsOf(document))).toEqual(ALL_SERVED);
  const { operations } = planContract(document, designContract(document).schema);
  expect(operations.map(({ path }) => path)).toEqual(['/things/', '/things/', '/things/{id}/']);
});

test.each(['thing-id', 'thi_id', 'uid'])('rows are found by {%s}, which nothing else is called', (param) => {
  const { '/things': all } = things(ROW, SENT);
  const one = { get: { operationId: 'read', parameters: [item(param)], responses: answers('200', ROW) } };
  const { read } = actionsOf(documentOf({ '/things': all, [`/things/{${param}}`]: one }));
  expect(read).toMatchObject({ kind: 'read', address: { column: 'id', param: param.replace('-', '_') } });
});

test.each<[string, Json | undefined, readonly string[] | null]>([
  ['nothing', undefined, null],
  ['the row', ROW, ['column', 'column']],
  ['that it is done', object({ message: NAME, deleted: { type: 'boolean' } }), ['constant', 'constant']],
])('deleting answers %s', (_name, answer, shown) => {
  const { '/things/{id}': one, ...others } = things(ROW, SENT);
  const remove = { operationId: 'remove', parameters: [item('id')], responses: answers('200', answer) };
  const paths = { ...others, '/things/{id}': { ...Object(one), delete: remove } };
  const { remove: action } = actionsOf(documentOf(paths));
  const view = action?.kind === 'remove' ? action.view : undefined;
  expect(view === null ? null : view?.fields.map(({ kind }) => kind)).toEqual(shown);
});

test('headers of answers are told where they are known, and refused where one is needed that is not', () => {
  const withHeaders = (headers: Json) => {
    const { '/things': all, ...others } = things(ROW, SENT);
    const responses = { '201': { ...answers('201', ROW)['201'], headers } };
    return documentOf({ ...others, '/things': { ...Object(all), post: { ...Object(all).post, responses } } });
  };
  const header = { required: true, schema: NAME };
  expect(actionsOf(withHeaders({ Location: header })).make).toMatchObject({ kind: 'create', location: 'id' });
  expect(actionsOf(withHeaders({ 'X-Mood': header })).make).toMatchObject({ kind: 'custom' });
});

test('two operations of one address are refused by name', () => {
  const { '/things': all, ...others } = things(ROW, SENT);
  expect(() => designContract(documentOf({ ...others, '/things': all, '/things/': all }))).toThrow(
    expect.objectContaining({ code: 'contract.invalid', message: expect.stringContaining('/things and /things/') }),
  );
});

test.each<[string, Json, RegExp]>([
  ['no paths', {}, /describes no operation/],
  ['paths without operations', { '/a': { summary: 'A' } }, /describes no operation/],
  ['nothing that is kept', { '/ping': { get: { responses: answers('200', NAME) } } }, /nothing that can be kept/],
])('a document with %s is refused with what it lacks', (_name, paths, said) => {
  expect(() => designContract(documentOf(paths))).toThrow(
    expect.objectContaining({ code: 'contract.unsupported', message: expect.stringMatching(said) }),
  );
});
