import type { Session } from './sessions.ts';
import { ACCESS_SECONDS, makeToken } from './tokens.ts';

/** Who is signed in, and the tokens to go on with; `expiresIn` are the seconds that the access token is good for. */
export function signedIn(account: object, id: string | number, session: Session) {
  return {
    account,
    accessToken: makeToken(id, session.id),
    refreshToken: session.refreshToken,
    tokenType: 'Bearer',
    expiresIn: ACCESS_SECONDS,
  };
}
