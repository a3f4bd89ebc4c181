import type { Login } from './database.ts';
import { TurboError } from './errors.ts';

/** node-postgres gives this refusal no code; it is its own sentence, not the server's. */
const NOT_OFFERED = /server does not support SSL connections/;

/** Where the names in a certificate stand that is for another host (Node's ERR_TLS_CERT_ALTNAME_INVALID). */
function namesOf(error: object): string {
  const cert = 'cert' in error && typeof error.cert === 'object' && error.cert !== null ? error.cert : {};
  const names = 'subjectaltname' in cert ? String(cert.subjectaltname) : '';
  // Whoever answers chose this text.
  return names.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

type Explanation = readonly [message: string, hint: string];

const unknownAuthority = ({ sslrootcert }: Login, place: string): Explanation =>
  sslrootcert
    ? [
        `The certificate of ${place} is signed by nobody in ${sslrootcert.path}.`,
        'Give the certificate of the authority that signed it as sslrootcert. If there is none, somebody else may be answering.',
      ]
    : [
        `The certificate of ${place} is signed by an authority that is not known here.`,
        "Ask the server's administrator for that authority's certificate, and give its file as sslrootcert.",
      ];

const EXPLANATIONS: Readonly<Record<string, (login: Login, place: string, error: object) => Explanation>> = {
  CERT_HAS_EXPIRED: (_login, place) => [
    `The certificate of ${place} has expired.`,
    'Have it renewed on the server; if it is valid there, check the clock of this machine.',
  ],
  CERT_NOT_YET_VALID: (_login, place) => [
    `The certificate of ${place} is not valid yet.`,
    'Check the clock of this machine, and the one of the server.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: (login, place) =>
    login.sslrootcert
      ? unknownAuthority(login, place)
      : [
          `The certificate of ${place} is self-signed: nobody but itself vouches for it.`,
          'Copy the certificate from the server, and give its file as sslrootcert.',
        ],
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }, place, error) => [
    `The certificate of ${place} is not for the host name ${host}${namesOf(error) ? ` (it is for ${namesOf(error)})` : ''}.`,
    'Connect by a name it is for; or check its signature only: sslmode=verify-ca, with sslrootcert.',
  ],
};

/** Handshakes that break off (EPROTO, OpenSSL's reasons) and certificates refused for rarer reasons. */
const OTHER =
  /^(EPROTO|ERR_(SSL|TLS|OSSL)_.*|(CERT|CRL|UNABLE|ERROR_IN)_[A-Z_]+|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH)$/;

/**
 * Why no connection as secure as `login.sslmode` demands came about, and what to do: `cluster.unreachable`, with the
 * cause's code in `details.state`. Null when the failure is another one.
 */
export function describeTlsFailure(error: unknown, login: Login): TurboError | null {
  if (typeof error !== 'object' || error === null) return null;
  const place = `${login.host}:${login.port}`;
  const failed = ([message, hint]: Explanation, state: string) =>
    new TurboError('cluster.unreachable', message, { hint, cause: error, details: { state } });
  if (error instanceof Error && NOT_OFFERED.test(error.message)) {
    const wish = login.sslmode ?? 'require';
    const hint = 'Turn on ssl there. Only where nobody can listen in, as on one machine: sslmode=disable.';
    return failed([`The server at ${place} offers no TLS, and sslmode=${wish} demands it.`, hint], 'TLS_NOT_OFFERED');
  }
  const code = 'code' in error ? String(error.code) : '';
  const explain = Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code] : undefined;
  if (explain) return failed(explain(login, place, error), code);
  if (!OTHER.test(code)) return null;
  const hint = "Check the server's certificate and the TLS versions it allows.";
  return failed([`No trusted TLS connection to ${place} (${code}).`, hint], code);
}
