import { type InputField, nestedPath } from '../../../domain/rest.ts';
import type { Resource } from '../resource.ts';
import { pascalCase } from '../source.ts';
import { holdsRows, isReference, isReferredTo, isUnique } from './conflicts.ts';
import { keyParameters, listParameters, rowParameters } from './parameters.ts';
import { headers, jsonResponse, type ProblemName, problems } from './responses.ts';
import { patchSchema } from './row-schemas.ts';
import type { Scene } from './scene.ts';
import { componentRef, type Json } from './value-schema.ts';

const WRITE_PROBLEMS = [
  ...(['BadRequest', 'ContentTooLarge', 'UnsupportedMediaType'] as const),
  ...(['Unavailable', 'InsufficientStorage'] as const),
];

/** Whether a token is needed, and the failures that come with it. */
function securityOf(scene: Scene, needsAccount: boolean): Json {
  if (!scene.secured) return {};
  return { security: needsAccount ? [{ bearer: [] }] : [{}, { bearer: [] }] };
}

/** The paths of a table. */
export function tablePaths(scene: Scene, resource: Resource): Json {
  const { path, key } = resource;
  const row = `${path}/${key.map(({ name }) => `{${name}}`).join('/')}`;
  const isAccounts = scene.isAccounts(resource.table.name);
  const fields = resource.patches;
  return {
    [path]: item([], { get: listRows(scene, resource), ...(!isAccounts && { post: createRows(scene, resource) }) }),
    [row]: item(keyParameters(resource), {
      get: findRow(scene, resource),
      ...(fields.length > 0 && {
        put: changeRow(scene, resource, 'replace', fields),
        patch: changeRow(scene, resource, 'update', fields),
      }),
      delete: deleteRow(scene, resource),
    }),
    ...nestedPaths(scene, resource, row),
  };
}

function item(parameters: readonly Json[], operations: Json): Json {
  return { parameters: [...parameters, componentRef('parameters', 'RequestId')], ...operations };
}

function readProblems(scene: Scene, ...others: readonly ProblemName[]): Json {
  return problems('BadRequest', ...(scene.secured ? (['Unauthorized'] as const) : []), ...others, 'Unavailable');
}

/** The whole of something, or the part of it that the query asks for. */
function wholeOrPart(whole: string, part: string): Json {
  return {
    anyOf: [
      componentRef('schemas', whole),
      { ...componentRef('schemas', part), 'x-with-query': ['fields', 'include'] },
    ],
  };
}

function listRows(scene: Scene, resource: Resource): Json {
  const { one, many } = scene.namesOf(resource.table.name);
  const { read } = scene.accessOf(resource);
  const isOwn = read === 'owner';
  return {
    tags: [resource.table.name],
    operationId: `list${many}`,
    summary: `List ${isOwn ? 'your own ' : ''}${spaced(resource.table.name)}`,
    ...securityOf(scene, read !== 'everyone'),
    parameters: listParameters(scene, resource),
    responses: {
      200: jsonResponse('A page of rows.', wholeOrPart(`${one}Page`, `${one}PartPage`)),
      ...readProblems(scene),
    },
  };
}

function findRow(scene: Scene, resource: Resource): Json {
  const { one } = scene.namesOf(resource.table.name);
  return {
    tags: [resource.table.name],
    operationId: `get${one}`,
    summary: `Get one of the ${spaced(resource.table.name)}`,
    ...securityOf(scene, scene.accessOf(resource).read !== 'everyone'),
    parameters: rowParameters(scene, resource),
    responses: {
      200: jsonResponse('The row.', wholeOrPart(one, `${one}Part`), { ETag: 'OptionalETag' }),
      304: { description: 'The version that is known.', headers: headers({ ETag: 'ETag' }) },
      ...readProblems(scene, 'NotFound'),
    },
  };
}

function writeSecurity(scene: Scene, resource: Resource): Json {
  return securityOf(scene, scene.accessOf(resource).write !== 'everyone');
}

/** Who is nobody, and who is somebody else. */
function accessProblems(scene: Scene, resource: Resource, verb: 'create' | 'change'): readonly ProblemName[] {
  if (!scene.secured) return [];
  const { read, write, sharedWith } = scene.accessOf(resource);
  const isSeenByOthers = read !== 'owner' || sharedWith.length > 0;
  const isForbidden = write === 'admins' || (verb === 'change' && write === 'owner' && isSeenByOthers);
  return isForbidden ? ['Unauthorized', 'Forbidden'] : ['Unauthorized'];
}

function jsonBody(schema: Json): Json {
  return { required: true, content: { 'application/json': { schema } } };
}

function createRows(scene: Scene, resource: Resource): Json {
  const { table, inputs } = resource;
  const { one } = scene.namesOf(table.name);
  const body = componentRef('schemas', `${one}Create`);
  const row = componentRef('schemas', one);
  const many = { type: 'array', minItems: 1, maxItems: 100, items: body };
  const rows = {
    type: 'object',
    required: ['data'],
    properties: { data: { type: 'array', items: row } },
    additionalProperties: false,
  };
  const hasMany = inputs.length > 0;
  const conflicts = isUnique(table, inputs) ? (['Conflict'] as const) : [];
  const created = { Location: 'OptionalLocation', ETag: 'OptionalETag' };
  return {
    tags: [table.name],
    operationId: `create${one}`,
    summary: `Create one of the ${spaced(table.name)}${hasMany ? ', or up to 100 (all or none)' : ''}`,
    ...writeSecurity(scene, resource),
    parameters: [componentRef('parameters', 'IdempotencyKey')],
    requestBody: jsonBody(hasMany ? { oneOf: [body, many] } : body),
    responses: {
      201: jsonResponse('What was made.', hasMany ? { anyOf: [row, rows] } : row, created),
      ...problems(
        ...WRITE_PROBLEMS,
        ...accessProblems(scene, resource, 'create'),
        ...conflicts,
        'UnprocessableContent',
      ),
    },
  };
}

function changeRow(scene: Scene, resource: Resource, verb: 'update' | 'replace', fields: readonly InputField[]): Json {
  const { table } = resource;
  const { one } = scene.namesOf(table.name);
  const isPut = verb === 'replace';
  const conflicts = isUnique(table, fields) || isReferredTo(scene, table, fields) ? (['Conflict'] as const) : [];
  const references = isReference(table, fields) ? (['UnprocessableContent'] as const) : [];
  return {
    tags: [table.name],
    operationId: `${verb}${one}`,
    summary: isPut ? 'Write the whole row anew' : 'Change some fields',
    ...writeSecurity(scene, resource),
    parameters: [componentRef('parameters', 'IfMatch')],
    requestBody: jsonBody(isPut ? componentRef('schemas', `${one}Replace`) : patchBody(resource, one)),
    responses: {
      200: jsonResponse('The row as it is now.', componentRef('schemas', one), { ETag: 'ETag' }),
      ...problems(
        ...WRITE_PROBLEMS,
        ...accessProblems(scene, resource, 'change'),
        ...['NotFound' as const, 'PreconditionFailed' as const],
        ...conflicts,
        ...references,
      ),
    },
  };
}

function patchBody(resource: Resource, one: string): Json {
  const patch = componentRef('schemas', `${one}Patch`);
  const { patches, adminPatches } = resource;
  if (adminPatches.length === 0) return patch;
  return { anyOf: [patch, patchSchema(resource, [...patches, ...adminPatches], 'By administrators only.')] };
}

function deleteRow(scene: Scene, resource: Resource): Json {
  const { table } = resource;
  const isHeld = holdsRows(scene, table);
  return {
    tags: [table.name],
    operationId: `delete${scene.namesOf(table.name).one}`,
    summary: 'Delete the row',
    ...writeSecurity(scene, resource),
    parameters: [componentRef('parameters', 'IfMatch')],
    responses: {
      204: { description: 'It is gone.', headers: headers() },
      ...problems(
        ...accessProblems(scene, resource, 'change'),
        ...(['NotFound', 'PreconditionFailed', 'Unavailable'] as const),
        ...(isHeld ? (['Conflict'] as const) : []),
      ),
    },
  };
}

function nestedPaths(scene: Scene, resource: Resource, row: string): Json {
  const nested = resource.relations.filter((relation) => relation.nested);
  const entries = nested.flatMap(({ embedding }): [string, Json][] => {
    const child = scene.resources.find(({ table }) => table.name === embedding.table);
    if (!child) return [];
    const { one } = scene.namesOf(embedding.table);
    const needsAccount = [resource, child].some((own) => scene.accessOf(own).read !== 'everyone');
    const get = {
      tags: [resource.table.name],
      operationId: `list${scene.namesOf(resource.table.name).one}${pascalCase(embedding.name)}`,
      summary: `List the ${spaced(embedding.name)} of a row`,
      ...securityOf(scene, needsAccount),
      parameters: listParameters(scene, child),
      responses: {
        200: jsonResponse('A page of rows.', wholeOrPart(`${one}Page`, `${one}PartPage`)),
        ...readProblems(scene, 'NotFound'),
      },
    };
    return [[`${row}/${nestedPath(embedding)}`, item(keyParameters(resource), { get })]];
  });
  return Object.fromEntries(entries);
}

function spaced(name: string): string {
  return name.replaceAll('_', ' ');
}
