import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Passwords of project logins, and what the server is told of them: a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677),
 * computed here so that no password ever travels to the server, its log or its statistics.
 */

/** PostgreSQL's own default (scram_iterations), and the least RFC 7677 allows. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;

const VERIFIER = /^SCRAM-SHA-256\$(\d{1,10}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/** A password of 256 random bits: 43 characters of [A-Za-z0-9_-], safe unquoted in URLs, shells and `.env` files. */
export function generatePassword(): string {
  return randomBytes(32).toString('base64url');
}

function hash(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, 'sha256', (error, key) => (error ? reject(error) : resolve(key)));
  });
}

async function keys(password: string, salt: Buffer, iterations: number): Promise<{ stored: Buffer; server: Buffer }> {
  const salted = await hash(password, salt, iterations);
  const client = createHmac('sha256', salted).update('Client Key').digest();
  return {
    stored: createHash('sha256').update(client).digest(),
    server: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

/**
 * The verifier PostgreSQL stores for a password, as `CREATE ROLE … PASSWORD` takes it. Only printable ASCII is
 * accepted: for everything else SASLprep (RFC 4013) would have to be applied. Throws a RangeError.
 */
export async function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new RangeError('a password must be printable ASCII');
  const { stored, server } = await keys(password, salt, ITERATIONS);
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored.toString('base64')}:${server.toString('base64')}`;
}

/** Whether a stored verifier belongs to the password; false for anything that is not a SCRAM-SHA-256 verifier. */
export async function verifierMatches(verifier: string | null, password: string): Promise<boolean> {
  const match = VERIFIER.exec(verifier ?? '');
  const [, iterations, salt, stored] = match ?? [];
  // A verifier nobody of ours wrote could ask for hours of hashing.
  if (!iterations || !salt || !stored || Number(iterations) < 1 || Number(iterations) > 1_000_000) return false;
  const expected = Buffer.from(stored, 'base64');
  const actual = (await keys(password, Buffer.from(salt, 'base64'), Number(iterations))).stored;
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A statement as it may be kept and shown: verifiers are replaced, for they would allow guessing offline. */
export function maskVerifiers(sql: string): string {
  return sql.replace(/SCRAM-SHA-256\$[^'"\s]+/g, '***');
}
