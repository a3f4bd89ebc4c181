import { type Answer, ApiError, type Call, type Options, type Send } from './transport.ts';

/** What a session is kept by. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What signing in answers. */
export interface SignedIn<Account> extends Tokens {
  readonly account: Account;
  readonly tokenType: 'Bearer';
  /** Seconds until the access token ends. */
  readonly expiresIn: number;
}

export interface SessionOptions {
  /** Of a session from before. */
  readonly tokens?: Tokens | null;
  /** Hears of every change of the tokens, to keep them; null: nobody is signed in any more. */
  readonly onTokens?: (tokens: Tokens | null) => void;
}

/** The types of accounts. */
export interface AccountShapes {
  readonly account: unknown;
  readonly registration: unknown;
  readonly login: unknown;
}

/** A new password, and the one until now. */
export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** What people do with their account. */
export interface Auth<A extends AccountShapes> {
  /** The tokens in use; null when nobody is signed in. */
  readonly tokens: Tokens | null;
  register(account: A['registration'], options?: Options): Promise<SignedIn<A['account']>>;
  login(login: A['login'], options?: Options): Promise<SignedIn<A['account']>>;
  /** Ends the session here and on the server. */
  logout(options?: Options): Promise<void>;
  me(options?: Options): Promise<A['account']>;
  /** Ends all other sessions. */
  changePassword(change: PasswordChange, options?: Options): Promise<void>;
}

/** Sends the access token with every request, and gets a new one when it has ended. */
export function openSession<A extends AccountShapes>(
  plain: Send,
  { tokens: given = null, onTokens }: SessionOptions,
): { readonly send: Send; readonly auth: Auth<A> } {
  let tokens = given;
  let refreshing: Promise<void> | null = null;

  function keep(fresh: Tokens | null): void {
    tokens = fresh && { accessToken: fresh.accessToken, refreshToken: fresh.refreshToken };
    onTokens?.(tokens);
  }

  function withToken(call: Call): Promise<Answer> {
    const authorization = tokens ? `Bearer ${tokens.accessToken}` : undefined;
    return plain({ ...call, headers: { ...call.headers, authorization } });
  }

  async function refresh({ refreshToken }: Tokens): Promise<void> {
    try {
      const answer = await plain({ method: 'POST', path: '/auth/refresh', body: { refreshToken } });
      keep(answer.body as Tokens);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) keep(null);
      throw error;
    }
  }

  /** A refresh token works once: whoever comes while it is used waits for the same answer. */
  function refreshOnce(used: Tokens): Promise<void> {
    if (tokens !== used) return Promise.resolve();
    refreshing ??= refresh(used).finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  const send: Send = async (call) => {
    const used = tokens;
    try {
      return await withToken(call);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || !used) throw error;
    }
    await refreshOnce(used);
    return withToken(call);
  };

  async function signIn(path: string, body: unknown, options: Options = {}) {
    const answer = await plain({ method: 'POST', path, body, ...options });
    const session = answer.body as SignedIn<A['account']>;
    keep(session);
    return session;
  }

  const auth: Auth<A> = {
    get tokens() {
      return tokens;
    },
    register: (account, options) => signIn('/auth/register', account, options),
    login: (login, options) => signIn('/auth/login', login, options),
    async logout(options = {}) {
      try {
        if (tokens) await send({ method: 'POST', path: '/auth/logout', ...options });
      } finally {
        keep(null);
      }
    },
    async me(options = {}) {
      return (await send({ method: 'GET', path: '/auth/me', ...options })).body as A['account'];
    },
    async changePassword(change, options = {}) {
      await send({ method: 'POST', path: '/auth/password', body: change, ...options });
    },
  };
  return { send, auth };
}
