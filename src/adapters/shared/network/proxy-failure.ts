import type { ProxyPlace } from '../../../domain/network.ts';

/** A proxy that does not carry us. Its message is a part of a sentence and holds no login. */
export class ProxyFailure extends Error {
  /** What the person can do. */
  readonly hint: string;
  /** Another try is of no use. */
  readonly isFinal: boolean;

  private constructor(message: string, { hint, isFinal }: { readonly hint: string; readonly isFinal: boolean }) {
    super(message);
    this.hint = hint;
    this.isFinal = isFinal;
  }

  /** No connection to it, by this code of the system. */
  static unreachable({ origin, by }: ProxyPlace, error: Error): ProxyFailure {
    const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
    return new ProxyFailure(`the proxy ${origin}, which ${by} names, does not answer${code}`, {
      hint: `Correct ${by}, or name the host in NO_PROXY`,
      isFinal: false,
    });
  }

  /** It answered something else than that the way is open. */
  static refused({ origin, by, authorization }: ProxyPlace, status: number): ProxyFailure {
    const login = authorization === null ? 'wants a login' : `does not accept the login in ${by}`;
    const isLogin = status === 407;
    return new ProxyFailure(`the proxy ${origin}, which ${by} names, ${isLogin ? login : 'refused'} (${status})`, {
      hint: isLogin
        ? `Put a valid login into ${by}, as http://<user>:<password>@<host>:<port>`
        : `Have the proxy let this host through, or name the host in NO_PROXY`,
      // What is overloaded or cannot resolve a name now may be able to later.
      isFinal: status < 500,
    });
  }
}

/** The failure of a proxy, wherever in the chain of causes it stands. */
export function proxyFailureOf(error: unknown): ProxyFailure | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof ProxyFailure) return at;
  }
  return null;
}
