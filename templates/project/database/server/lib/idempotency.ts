import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import type { H3Event } from 'nitro/h3';
import pg from 'pg';
import { type Run, runInPool, transact } from './database.ts';
import type { Statement } from './database-errors.ts';
import { describeError, log } from './log.ts';
import { invalidFields, problem } from './problem.ts';

/** A request that takes effect once, however often it is sent. */
export interface Once {
  readonly keyHash: Buffer;
  /** Tells whether a later request says the same. Nothing can be guessed from it without the key, which is not kept. */
  readonly fingerprint: Buffer;
  /** What the answer is sealed with: who reads the table, but does not know the key, learns nothing. */
  readonly seal: Buffer;
}

const HEADER = 'idempotency-key';
const KEPT_SECONDS = 24 * 3600;

/** Reads Idempotency-Key; null without one. Throws 400 for a key that others could guess. */
export function readOnce({ req, url }: H3Event, body: unknown): Once | null {
  const key = req.headers.get(HEADER);
  if (key === null) return null;
  if (!/^[\x21-\x7e]{16,255}$/.test(key)) {
    const message = 'must be 16 to 255 visible characters, for example a UUID';
    throw invalidFields([{ field: HEADER, message }]);
  }
  return {
    keyHash: createHash('sha256').update(`${url.pathname}\n${key}`).digest(),
    fingerprint: createHmac('sha256', key).update(JSON.stringify(body)).digest(),
    // No body is written like that.
    seal: createHmac('sha256', key).update('seal').digest(),
  };
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function sealed(rows: readonly object[], seal: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, seal, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(rows)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

function opened(answer: string, seal: Buffer): string {
  const bytes = Buffer.from(answer, 'base64');
  const decipher = createDecipheriv(CIPHER, seal, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString();
}

// A request with the same key waits here for the one before it.
const CLAIM: Statement = {
  name: '_idempotency_keys.claim',
  text: `
    insert into app._idempotency_keys as known (key_hash, fingerprint, answer, created_at)
    values ($1, $2, '', $3)
    on conflict (key_hash) do update
    set fingerprint = excluded.fingerprint, answer = '', created_at = excluded.created_at
    where known.created_at < $4
    returning key_hash`,
};

const FIND: Statement = {
  name: '_idempotency_keys.find',
  text: `
    select fingerprint = $2 as "isSame", answer
    from app._idempotency_keys
    where key_hash = $1`,
};

const KEEP: Statement = {
  name: '_idempotency_keys.keep',
  text: `
    update app._idempotency_keys
    set answer = $2
    where key_hash = $1`,
};

const FORGET: Statement = {
  name: '_idempotency_keys.forget',
  text: `
    delete from app._idempotency_keys
    where created_at < $1`,
};

/**
 * The rows that `make` makes now, or that an earlier request with the same key has made. What fails is not kept, and
 * can be tried again. Throws 422 when the earlier request was another one.
 */
export async function insertOnce<R extends object>(
  { keyHash, fingerprint, seal }: Once,
  make: (run: Run) => Promise<R[]>,
): Promise<R[]> {
  const now = Math.floor(Date.now() / 1000);
  const rows = await transact(async (run) => {
    const claimed = await run(CLAIM, [keyHash, fingerprint, now, now - KEPT_SECONDS]).catch(refuse);
    if (claimed.length === 0) return null;
    const made = await make(run);
    await run(KEEP, [keyHash, sealed(made, seal)]);
    return made;
  });
  forgetOldKeys(now);
  if (rows) return rows;
  const [known] = await runInPool<{ isSame: boolean; answer: string }>(FIND, [
    keyHash,
    fingerprint,
  ]);
  if (known?.isSame) return JSON.parse(opened(known.answer, seal));
  throw problem(422, 'This idempotency key was used for another request.');
}

const NO_SUCH_TABLE = '42P01';

function refuse(error: unknown): never {
  const isMissing = error instanceof pg.DatabaseError && error.code === NO_SUCH_TABLE;
  throw isMissing ? problem(501, 'This server has no table for idempotency keys.') : error;
}

let lastForgotten = 0;

/** Once an hour, while nobody waits for it. */
function forgetOldKeys(now: number): void {
  if (now - lastForgotten < 3600) return;
  lastForgotten = now;
  runInPool(FORGET, [now - KEPT_SECONDS]).catch((error: unknown) =>
    log('warn', 'old idempotency keys are still there', describeError(error)),
  );
}
