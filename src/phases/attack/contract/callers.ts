import { claimsOf } from '../../../domain/forged-token.ts';
import { type OperationTrial, SAMPLE_PASSWORD } from '../../../domain/operation-trial.ts';
import type { Field } from '../field.ts';
import type { TargetOperation } from '../order.ts';
import type { Reply, Shot } from '../reply.ts';
import { isRow, type Row } from '../row.ts';
import type { Talk } from '../talk.ts';

/** Somebody who asks the operations of a contract: with a token, a key, or nothing where nobody signs in. */
export interface Caller {
  readonly name: string;
  readonly token: string | null;
  /** As signing up answered it. */
  readonly row: Row;
  /** Stands in what was sent to sign up, and in nobody else's. */
  readonly word: string;
  /** What signs in again. */
  readonly login: unknown;
}

/** Fills in what a trial leaves open. */
export type Fill = (value: unknown, word: string) => Promise<unknown>;

export interface Entrance {
  readonly field: Field;
  readonly talk: Pick<Talk, 'fire'>;
  readonly fill: Fill;
}

export function operationsOf({ field }: Pick<Entrance, 'field'>): readonly TargetOperation[] {
  return field.order.operations ?? [];
}

/** How a request carries what its sender has. */
export function credentials({ key }: Pick<OperationTrial, 'key'>, token: string | null): Credentials {
  if (token === null) return { headers: {}, query: '' };
  if (!key) return { headers: { authorization: `Bearer ${token}` }, query: '' };
  switch (key.in) {
    case 'query':
      return { headers: {}, query: new URLSearchParams({ [key.name]: token }).toString() };
    case 'cookie':
      return { headers: { cookie: `${key.name}=${token}` }, query: '' };
    case 'header':
      return { headers: { [key.name]: token }, query: '' };
    case 'bearer':
      return { headers: { authorization: `Bearer ${token}` }, query: '' };
    case 'basic':
      return { headers: { authorization: `Basic ${Buffer.from(`key:${token}`).toString('base64')}` }, query: '' };
  }
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** Goes behind the address. */
  readonly query: string;
}

/** A request of an operation at an address, as somebody. */
export function shotAt({ trial }: TargetOperation, address: string, given: Given): Shot {
  const { headers, query } = credentials(trial, given.token);
  const whole = [given.query ?? trial.query ?? '', query].filter((part) => part !== '').join('&');
  return {
    method: trial.method,
    path: whole === '' ? address : `${address}?${whole}`,
    headers: { ...headers, ...given.headers },
    where: given.where ?? `${trial.method} ${trial.path}`,
    ...(given.body === undefined ? {} : { json: given.body }),
    ...(given.payload === undefined ? {} : { payload: given.payload }),
  };
}

export interface Given {
  readonly token: string | null;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly where?: string;
  readonly payload?: string;
}

/** The row in an answer. */
export function rowIn({ wrap }: Pick<OperationTrial, 'wrap'>, reply: Reply): Row | null {
  const whole = reply.row();
  const inner = wrap ? whole?.[wrap] : whole;
  return isRow(inner) ? inner : null;
}

/** Lets somebody in: a sentence says why not. */
export async function enter(name: string, entrance: Entrance): Promise<Caller | string> {
  const { field } = entrance;
  const all = operationsOf(entrance);
  const register = all.find(({ trial }) => trial.kind === 'register');
  if (register) return signUp(name, register, entrance);
  const keyed = all.filter(({ trial }) => trial.guard === 'key');
  if (keyed.length === 0) return nobody(name);
  const make = field.order.trial?.makeKey;
  if (!make) return 'nobody can make a key here';
  const token = await make([...new Set(keyed.flatMap(({ trial }) => trial.scopes ?? []))], 1);
  field.ledger.keepSecret(token, `token of ${name}`);
  return { ...nobody(name), token };
}

function nobody(name: string): Caller {
  return { name, token: null, row: {}, word: '', login: null };
}

/** Leads past those whom an attack with the same seed signed up. */
const MAX_TRIES = 4;

async function signUp(name: string, register: TargetOperation, entrance: Entrance): Promise<Caller | string> {
  let last: Caller | string = '';
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    last = await signUpOnce(name, register, entrance);
    if (typeof last !== 'string') return last;
  }
  return last;
}

async function signUpOnce(name: string, register: TargetOperation, entrance: Entrance): Promise<Caller | string> {
  const { field, talk, fill } = entrance;
  const word = newWord(field);
  const password = `Kite-${field.chance.word(14)}`;
  field.ledger.keepSecret(password, 'password');
  const sent = withPassword(await fill(register.trial.body, word), password);
  const reply = await talk.fire(shotAt(register, register.trial.path, { token: null, body: sent }));
  if (!reply.isGood) return `signing up is answered with ${reply.status}`;
  const login = operationsOf(entrance).find(({ trial }) => trial.kind === 'login');
  const known = { name, row: rowIn(register.trial, reply) ?? {}, word, login: login && loginBody(login.trial, sent) };
  const given = tokenIn(register.trial, reply) ?? (login && (await signIn(login, known.login, entrance)));
  if (typeof given !== 'string') return 'nobody who signed up can sign in';
  field.ledger.keepSecret(given, `token of ${name}`);
  return { ...known, token: given };
}

/** A new token; null when nobody is let in. */
async function signIn(login: TargetOperation, body: unknown, { talk, field }: Omit<Entrance, 'fill'>) {
  const reply = await talk.fire(shotAt(login, login.trial.path, { token: null, body }));
  const token = reply.isGood ? tokenIn(login.trial, reply) : null;
  if (token !== null) field.ledger.keepSecret(token, 'token of somebody');
  return token;
}

function tokenIn({ token = [] }: OperationTrial, reply: Reply): string | null {
  const found = token.reduce<unknown>((value, name) => (isRow(value) ? value[name] : null), reply.json());
  return typeof found === 'string' ? found : null;
}

/** What somebody signs in with who signed up with `sent`. */
function loginBody({ body }: OperationTrial, sent: unknown): unknown {
  const flat = flatten(sent);
  const pick = (wanted: Row): Row =>
    Object.fromEntries(
      Object.entries(wanted).map(([name, value]) => [name, isRow(value) && !(name in flat) ? pick(value) : flat[name]]),
    );
  return isRow(body) ? pick(body) : body;
}

function flatten(sent: unknown): Row {
  if (!isRow(sent)) return {};
  const inner = Object.values(sent).filter(isRow);
  return Object.assign({}, ...inner.map(flatten), sent);
}

function withPassword(value: unknown, password: string): unknown {
  if (value === SAMPLE_PASSWORD) return password;
  if (!isRow(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withPassword(item, password)]));
}

/** Whom a token is about; null where it does not say. */
export function subjectOf({ token }: Caller): string | number | null {
  const subject = claimsOf(token ?? '')?.sub;
  if (typeof subject === 'string' && /^\d{1,15}$/.test(subject)) return Number(subject);
  return typeof subject === 'string' || typeof subject === 'number' ? subject : null;
}

/** As many letters as the shortest texts have room for; nothing else on the server looks like it. */
export function newWord({ chance }: Field): string {
  return `q${chance.word(6)}`;
}
