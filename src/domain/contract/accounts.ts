import type { ApiDocument } from '../api-document.ts';
import { type Envelope, isGenericName, objectIn, openEnvelope } from './envelope.ts';
import { componentOf, tableNameOf } from './names.ts';
import { type ApiOperation, successOf } from './operations.ts';
import { isNumeric, type ObjectShape, type Shape, type ShapeField, shapeOf } from './shape.ts';

/** How people sign up and in by a contract. */
export interface ContractAccounts {
  readonly table: string;
  readonly register: ApiOperation;
  readonly login: ApiOperation;
  /** The field of the login body that names somebody. */
  readonly loginField: string;
  readonly passwordField: string;
  /** Reads or changes who asks; null without. */
  readonly me: ApiOperation | null;
  readonly changes: readonly ApiOperation[];
  readonly logout: ApiOperation | null;
}

const TOKEN = /^(?:access_?|auth_?|id_?|api_?|bearer_?|session_?)?(?:token|jwt)$/i;
const PASSWORD = /^(?:password|passwd|passphrase|pass_word)$/i;
const LOGIN_FIELD = /^(?:e_?mail|email_?address|user_?name|login|handle|user|phone(?:_?number)?)$/i;
const LOGIN_PATH = /^(?:log_?-?in|sign_?-?in|tokens?|sessions?|authenticate|auth|authentication)$/i;
const LOGOUT_PATH = /^(?:log_?-?out|sign_?-?out)$/i;
const ME_PATH = /^(?:me|user|account|profile|current(?:_?-?user)?|whoami|self)$/i;

export function isTokenName(name: string): boolean {
  return TOKEN.test(name);
}

const SESSION_SECONDS = 30 * 24 * 3600;

/** What is told with a token: `token_type`, `expires_in` (as long as a session lasts). Null for anything else. */
export function tokenConstant(name: string, shape: Shape): string | number | null {
  if (/^token_?type$/i.test(name) && shape.kind === 'text') return shape.values[0] ?? 'bearer';
  return /^expires_?in(?:_?seconds)?$/i.test(name) && isNumeric(shape) ? SESSION_SECONDS : null;
}

export function isPasswordName(name: string): boolean {
  return PASSWORD.test(name);
}

/** Who signs in, and how; null when a contract has no pair of operations for signing up and in. */
export function findAccounts(document: ApiDocument, operations: readonly ApiOperation[]): ContractAccounts | null {
  const posts = operations.filter(({ method, security }) => method === 'post' && security !== 'required');
  const signing = posts.flatMap((operation) => {
    const body = objectIn(document, operation.body);
    const password = body?.shape.fields.find(({ name }) => isPasswordName(name));
    const name = body && nameField(body.shape);
    return body && password && name ? [{ operation, body, password, name }] : [];
  });
  const login = signing.find(({ operation }) => isLogin(operation) && givesToken(document, operation));
  const register = signing.find(({ operation }) => operation !== login?.operation && !isLogin(operation));
  if (!login || !register) return null;
  const inRegister = register.body.shape.fields.some(({ name }) => name === login.name.name);
  if (!inRegister) return null;
  const own = operations.filter(isOwn);
  return {
    table: accountsTable(document, register.operation),
    register: register.operation,
    login: login.operation,
    loginField: login.name.name,
    passwordField: register.password.name,
    me: own.find(({ method }) => method === 'get') ?? null,
    changes: own.filter(({ method }) => method === 'put' || method === 'patch'),
    logout:
      operations.find(
        ({ method, path, segments }) =>
          (/post|delete/.test(method) && LOGOUT_PATH.test(segments.at(-1) ?? '')) ||
          // A session is ended where it began.
          (method === 'delete' && path === login.operation.path),
      ) ?? null,
  };
}

/** `/user`, `/auth/me`: without a parameter in it, and only for those who are signed in. */
function isOwn({ segments, security }: ApiOperation): boolean {
  return (
    security === 'required' && ME_PATH.test(segments.at(-1) ?? '') && !segments.some((part) => part.startsWith('{'))
  );
}

function nameField({ fields }: ObjectShape): ShapeField | null {
  const named = fields.filter(({ name }) => LOGIN_FIELD.test(name));
  return named.find(({ required }) => required) ?? named[0] ?? null;
}

function isLogin({ segments, id }: ApiOperation): boolean {
  return LOGIN_PATH.test(segments.at(-1) ?? '') || /(?:log|sign)_?in/i.test(id);
}

function givesToken(document: ApiDocument, operation: ApiOperation): boolean {
  const body = answerOf(document, operation);
  return body?.shape.kind === 'object' && body.shape.fields.some(({ name }) => isTokenName(name));
}

function answerOf(document: ApiDocument, operation: ApiOperation): Envelope | null {
  const schema = successOf(operation)?.schema;
  return schema ? openEnvelope(document, schema) : null;
}

/** What people are called: by the component that is answered, by the member it stands in, otherwise users. */
function accountsTable(document: ApiDocument, register: ApiOperation): string {
  const answer = answerOf(document, register);
  if (answer?.shape.kind !== 'object') return 'users';
  const inner = answer.shape.fields.find(
    ({ spot, name }) => shapeOf(document, spot).kind === 'object' && !isTokenName(name),
  );
  const hasToken = answer.shape.fields.some(({ name }) => isTokenName(name));
  if (hasToken && inner) return tableNameOf(inner.name);
  if (answer.wrap !== null && !isGenericName(answer.wrap)) return tableNameOf(answer.wrap);
  const component = componentOf(answer.shape.pointer);
  return component === '' || hasToken
    ? 'users'
    : tableNameOf(
        component.replace(/(?:Response|Answer|Dto|Out|Public|Read|Schema|Resource|Model|Entity|View)$/i, '') ||
          component,
      );
}
