import { type ApiDocument, member } from '../api-document.ts';
import type { ContractAccounts } from './accounts.ts';
import { singularOf } from './names.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation } from './operations.ts';

/** Who has a scope: everybody who signs in, administrators, or nobody, since it is not understood. */
export type ScopeHolder = 'everyone' | 'admins' | 'nobody';

/** The scopes, and roles, that a document asks of those who sign in. */
export type ContractScopes = ReadonlyMap<string, ScopeHolder>;

type Demand = ApiOperation['demands'][number];

/** What OpenID Connect and others call what somebody may know of themselves. */
const IDENTITY = new Set(['openid', 'profile', 'email', 'phone', 'address', 'offline_access', 'me', 'self']);
const ADMIN =
  /^(?:(?:super|sys|site)?admins?|administ\w*|superusers?|root|sudo|staff|owner|operators?|mod|moderat\w*|manag\w*|maintain\w*|backoffice|internal|system|impersonate|global|all|any|everything|full|every\w*)$/;
const VERBS = new Set(
  'read view list get see write create add make new update edit change delete remove post submit publish use access rw ro'.split(
    ' ',
  ),
);
const OWN = new Set(['own', 'my', 'mine', 'me', 'self']);

const wordsOf = (scope: string) =>
  scope
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');

/**
 * Who has which scope, by its words. What sounds like administration, or is about all accounts, only administrators have.
 * What is about things of the document and what one does with them, everybody has who signs in, as long as nothing is open
 * to those who merely sign in: where something is, a scope means more than that. What is neither nobody has.
 */
export function findScopes(
  operations: readonly ApiOperation[],
  accounts: ContractAccounts,
  tables: readonly string[],
): ContractScopes {
  const own = [accounts.register, accounts.login, accounts.me, accounts.logout, ...accounts.changes];
  const others = operations.filter((operation) => operation.security === 'required' && !own.includes(operation));
  const isDistinguishing = others.some(({ demands }) => demands.some((demand) => scopesOf(demand).length === 0));
  const all = operations.flatMap(({ demands }) => demands.flatMap(scopesOf));
  const named = operations.flatMap(({ demands }) => demands.flatMap(Object.keys)).filter(soundsLikeAdmin);
  const holder = (scope: string): ScopeHolder => {
    const words = wordsOf(scope);
    if (isOfOneself(scope, words, accounts)) return 'everyone';
    if (isOfAdmins(scope, words, accounts)) return 'admins';
    if (!isOfThings(words, tables)) return 'nobody';
    return isDistinguishing ? 'admins' : 'everyone';
  };
  return new Map([...new Set([...all, ...named])].sort().map((scope) => [scope, holder(scope)]));
}

const scopesOf = (demand: Demand) => Object.values(demand).flat();

function soundsLikeAdmin(text: string): boolean {
  return wordsOf(text).some((word) => ADMIN.test(word) && !/^(?:all|any|full|global|internal)$/.test(word));
}

function isOfOneself(scope: string, words: readonly string[], { table }: ContractAccounts): boolean {
  if (IDENTITY.has(scope.toLowerCase())) return true;
  const person = singularOf(table);
  const about = words.filter((word) => !VERBS.has(word));
  return about.length > 0 && about.every((word) => word === person || OWN.has(word));
}

function isOfAdmins(scope: string, words: readonly string[], { table }: ContractAccounts): boolean {
  return scope.includes('*') || words.some((word) => ADMIN.test(word) || word === table);
}

function isOfThings(words: readonly string[], tables: readonly string[]): boolean {
  const things = new Set(
    tables.flatMap((table) => [table, singularOf(table), ...table.split('_'), ...singularOf(table).split('_')]),
  );
  return words.length > 0 && words.every((word) => VERBS.has(word) || OWN.has(word) || things.has(word));
}

/**
 * Of those who sign in, who may ask an operation that has to be signed in for; null for nobody. A demand that several
 * things open is as open as the widest of them.
 */
export function holdersOf(
  scopes: ContractScopes,
  document: ApiDocument,
  accounts: ContractAccounts,
  { demands }: Pick<ApiOperation, 'demands'>,
): Exclude<ScopeHolder, 'nobody'> | null {
  const all = demands.map((demand) => holderOf(scopes, document, accounts, demand));
  return all.includes('everyone') ? 'everyone' : all.includes('admins') ? 'admins' : null;
}

function holderOf(
  scopes: ContractScopes,
  document: ApiDocument,
  accounts: ContractAccounts,
  demand: Demand,
): ScopeHolder {
  const own = [accounts.me, ...accounts.changes, accounts.logout].flatMap((operation) => operation?.schemes ?? []);
  const needed = Object.entries(demand).map(([scheme, wanted]): ScopeHolder => {
    const isOwn = own.length === 0 || own.includes(scheme);
    // Another kind of token that only says whose it is.
    const isAdmins = !isOwn && scopes.get(scheme) === 'admins' && isToken(document, scheme);
    if (!isOwn && !isAdmins) return 'nobody';
    const holders = wanted.map((scope) => scopes.get(scope) ?? 'nobody');
    if (holders.includes('nobody')) return 'nobody';
    return isAdmins || holders.includes('admins') ? 'admins' : 'everyone';
  });
  if (needed.includes('nobody')) return 'nobody';
  return needed.includes('admins') ? 'admins' : 'everyone';
}

function isToken(document: ApiDocument, scheme: string): boolean {
  const found = document.at(document.root, 'components', 'securitySchemes', scheme);
  const said = (name: string) => String(member(found?.value, name) ?? '').toLowerCase();
  return said('type') === 'http' ? said('scheme') === 'bearer' : /^(?:oauth2|openidconnect)$/.test(said('type'));
}

/** Throws `NotPlain` for what nobody who signs up may ask, with what is missing. */
export function refuseUnknownScopes(
  scopes: ContractScopes,
  document: ApiDocument,
  accounts: ContractAccounts,
  operation: ApiOperation,
): void {
  if (holdersOf(scopes, document, accounts, operation) !== null) return;
  const unknown = operation.demands.flatMap(scopesOf).filter((scope) => scopes.get(scope) === 'nobody');
  throw new NotPlain(
    unknown.length > 0
      ? `nobody has the scope ${[...new Set(unknown)].join(', ')}: it names neither things of the document nor administration`
      : 'it asks for more than the token of an account',
  );
}
