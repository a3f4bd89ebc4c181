import type { Words } from './words.ts';

/** Tokens, sessions and passwords. */
export const SIGN_IN_KINDS = {
  'token-missing': {
    title: 'Works without signing in',
    severity: 'critical',
    cwe: 306,
    fix: 'Ask for the account as the first line of the route.',
  },
  'token-forged': {
    title: 'A forged token is accepted',
    severity: 'critical',
    cwe: 347,
    fix: 'Accept exactly one header and algorithm, and compare the signature in constant time.',
  },
  'token-expired': {
    title: 'An expired token is accepted',
    severity: 'high',
    cwe: 613,
    fix: 'Compare the claim exp with the clock on every request.',
  },
  'scope-ignored': {
    title: 'Works without the scope it asks for',
    severity: 'critical',
    cwe: 862,
    fix: 'Compare the scopes of the key with those of the operation before anything else.',
  },
  'token-ignored': {
    title: 'A bad token is taken for none',
    severity: 'low',
    cwe: 287,
    fix: 'Answer 401 to a token that is not valid, also where none is needed.',
  },
  'challenge-missing': {
    title: 'A refusal does not ask for a token',
    severity: 'low',
    cwe: 287,
    fix: 'Answer 401 with WWW-Authenticate: Bearer before anything else is looked at.',
  },
  'session-alive': {
    title: 'An ended session goes on working',
    severity: 'high',
    cwe: 613,
    fix: 'Look the session up on every request, and refuse one that is ended.',
  },
  'refresh-reusable': {
    title: 'A refresh token works twice',
    severity: 'high',
    cwe: 294,
    fix: 'Replace the stored hash in the statement that checks it, and end the session when an old one comes.',
  },
  'password-plain': {
    title: 'A password is stored as it is',
    severity: 'critical',
    cwe: 256,
    fix: 'Store the hash of a slow function with a salt: scrypt or argon2id.',
  },
  'password-weak': {
    title: 'Passwords are hashed in a way that is quickly undone',
    severity: 'high',
    cwe: 916,
    fix: 'Use a slow function with a random salt: scrypt or argon2id.',
  },
  'password-cut': {
    title: 'Passwords are cut or changed before they are compared',
    severity: 'medium',
    cwe: 521,
    fix: 'Hash the whole password, normalised with NFKC.',
  },
  enumeration: {
    title: 'Signing in tells whether an account exists',
    severity: 'medium',
    cwe: 204,
    fix: 'Answer an unknown login as a wrong password, after the same work.',
  },
  'no-throttle': {
    title: 'Passwords can be tried without end',
    severity: 'high',
    cwe: 307,
    fix: 'Count failures per login and per address, and answer 429 with Retry-After.',
  },
  'register-race': {
    title: 'Two can register with one login',
    severity: 'high',
    cwe: 362,
    fix: 'Let a unique index decide, on the login as it is compared.',
  },
} as const satisfies Readonly<Record<string, Words>>;
