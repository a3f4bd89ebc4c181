/** An account, and what its token may do. */
export interface FakeToken {
  readonly token: string;
  readonly login: string;
  /** Of a classic token. */
  readonly scopes?: readonly string[];
  /** Of a fine-grained token, each with the right to write. */
  readonly permissions?: readonly ('administration' | 'contents' | 'workflows')[];
  /** A token of a workflow: it is nobody's. */
  readonly isInstallation?: boolean;
  readonly isExpired?: boolean;
  /** Organisations the account may make repositories in. */
  readonly organizations?: readonly string[];
}

type Deed = 'create-private' | 'create-public' | 'read' | 'push' | 'push-workflow' | 'delete';

const SCOPES: Readonly<Record<Deed, readonly string[]>> = {
  'create-private': ['repo'],
  'create-public': ['repo', 'public_repo'],
  read: ['repo'],
  push: ['repo', 'public_repo'],
  'push-workflow': ['workflow'],
  delete: ['delete_repo'],
};
const PERMISSIONS: Readonly<Record<Deed, 'administration' | 'contents' | 'workflows' | null>> = {
  'create-private': 'administration',
  'create-public': 'administration',
  read: null,
  push: 'contents',
  'push-workflow': 'workflows',
  delete: 'administration',
};

/** Whether a token may do something at all, in a repository of its account. */
export function may(token: FakeToken, deed: Deed): boolean {
  if (token.scopes) return SCOPES[deed].some((scope) => token.scopes?.includes(scope));
  const wanted = PERMISSIONS[deed];
  return wanted === null || (token.permissions?.includes(wanted) ?? false);
}

/** The headers in which GitHub says what a token may do; a fine-grained one has none. */
export function scopeHeaders(token: FakeToken | null): Readonly<Record<string, string>> {
  return token?.scopes ? { 'x-oauth-scopes': token.scopes.join(', '), 'x-accepted-oauth-scopes': '' } : {};
}
