import { accountsOf } from '../../../domain/access.ts';
import { AUTH_PATHS, PASSWORD_FIELD, registrationFields } from '../../../domain/rest.ts';
import type { Resource } from '../resource.ts';
import { fieldRule } from '../value-rule.ts';
import { headers, jsonResponse, problems } from './responses.ts';
import { bodySchema, shape } from './row-schemas.ts';
import type { Scene } from './scene.ts';
import { componentRef, inputSchema, type Json } from './value-schema.ts';

/** The tag of what people do with their account. */
export const AUTH_TAG = 'auth';

const BODY_PROBLEMS = ['BadRequest', 'ContentTooLarge', 'UnsupportedMediaType', 'Unavailable'] as const;
const OPEN = { security: [{}] };
const SIGNED_IN = { security: [{ bearer: [] }] };

/** The parts of a schema with accounts that the document speaks of. */
interface People {
  readonly resource: Resource;
  /** What a row of an account is called. */
  readonly one: string;
  /** The field they sign in with. */
  readonly login: string;
}

function peopleOf({ schema, resources, namesOf }: Scene): People | null {
  const accounts = accountsOf(schema);
  const resource = resources.find(({ table }) => table === accounts?.table);
  if (!resource || !schema.accounts) return null;
  return { resource, one: namesOf(resource.table.name).one, login: schema.accounts.login };
}

/** Components of what people do with their account; empty when nobody signs in. */
export function authSchemas(scene: Scene): Json {
  const people = peopleOf(scene);
  if (!people) return {};
  const { resource, one, login } = people;
  const token = { type: 'string' };
  const fields = registrationFields(scene.schema);
  const newPassword = fields.find(({ name }) => name === PASSWORD_FIELD);
  const chosen = newPassword ? inputSchema(fieldRule(resource, newPassword)) : token;
  return {
    Session: shape(
      {
        account: componentRef('schemas', one),
        accessToken: { type: 'string', description: 'For the header `Authorization: Bearer …`.' },
        refreshToken: { type: 'string', description: 'For a new pair of tokens; works once.' },
        tokenType: { const: 'Bearer' },
        expiresIn: { type: 'integer', minimum: 1, description: 'Seconds until the access token ends.' },
      },
      undefined,
      'Somebody is signed in.',
    ),
    Registration: bodySchema(resource, fields, 'A new account.'),
    Login: shape({ [login]: { type: 'string' }, [PASSWORD_FIELD]: { type: 'string', maxLength: 256 } }),
    Refresh: shape({ refreshToken: token }),
    PasswordChange: shape({ currentPassword: { type: 'string' }, newPassword: chosen }),
  };
}

/** Paths of what people do with their account; empty when nobody signs in. */
export function authPaths(scene: Scene): Json {
  const people = peopleOf(scene);
  if (!people) return {};
  const session = componentRef('schemas', 'Session');
  const account = componentRef('schemas', people.one);
  const noContent = (description: string) => ({ 204: { description, headers: headers() } });
  return {
    [AUTH_PATHS.register]: post('register', 'Make an account', 'Registration', OPEN, {
      201: jsonResponse('The account is made and signed in.', session, { Location: 'Location' }),
      ...problems(...BODY_PROBLEMS, 'Conflict', 'UnprocessableContent', 'TooManyRequests', 'InsufficientStorage'),
    }),
    [AUTH_PATHS.login]: post('login', 'Sign in', 'Login', OPEN, {
      200: jsonResponse('Signed in.', session),
      ...problems(...BODY_PROBLEMS, 'Unauthorized', 'TooManyRequests', 'InsufficientStorage'),
    }),
    [AUTH_PATHS.refresh]: post('refresh', 'Get new tokens', 'Refresh', OPEN, {
      200: jsonResponse('New tokens; the old ones are of no use any more.', session),
      ...problems(...BODY_PROBLEMS, 'Unauthorized', 'InsufficientStorage'),
    }),
    [AUTH_PATHS.logout]: post('logout', 'Sign out', null, SIGNED_IN, {
      ...noContent('The session has ended.'),
      ...problems('Unauthorized', 'Unavailable'),
    }),
    [AUTH_PATHS.me]: {
      parameters: [componentRef('parameters', 'RequestId')],
      get: {
        tags: [AUTH_TAG],
        operationId: 'me',
        summary: 'Get your own account',
        ...SIGNED_IN,
        responses: { 200: jsonResponse('The account.', account), ...problems('Unauthorized', 'Unavailable') },
      },
    },
    [AUTH_PATHS.password]: post('changePassword', 'Change your password', 'PasswordChange', SIGNED_IN, {
      ...noContent('It is changed; all other sessions have ended.'),
      ...problems(...BODY_PROBLEMS, 'Unauthorized', 'TooManyRequests', 'InsufficientStorage'),
    }),
  };
}

function post(operationId: string, summary: string, body: string | null, security: Json, responses: Json): Json {
  const schema = body === null ? null : componentRef('schemas', body);
  return {
    parameters: [componentRef('parameters', 'RequestId')],
    post: {
      tags: [AUTH_TAG],
      operationId,
      summary,
      ...security,
      ...(schema && { requestBody: { required: true, content: { 'application/json': { schema } } } }),
      responses,
    },
  };
}
