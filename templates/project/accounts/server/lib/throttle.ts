import type { H3Event } from 'nitro/h3';
import { clientAddress } from './address.ts';
import { runInPool, type Statement } from './database.ts';
import { translateDatabaseError } from './database-errors.ts';
import { numberSetting } from './env.ts';
import { describeError, log } from './log.ts';
import { problem } from './problem.ts';
import { keyedHash } from './secret.ts';

/** So many attempts in so many seconds. */
export interface Limit {
  /** What is counted; different for each limit. */
  readonly name: string;
  readonly attempts: number;
  readonly seconds: number;
}

const PER_LOGIN: Limit = { name: 'login', attempts: 10, seconds: 15 * 60 };
const PER_ADDRESS: Limit = { name: 'address', attempts: 100, seconds: 15 * 60 };
const REGISTRATIONS: Limit = {
  name: 'register',
  attempts: numberSetting('REGISTRATIONS_PER_HOUR', 30, 999_999),
  seconds: 3600,
};

// One statement, so that of many attempts at once none is overlooked.
const COUNT: Statement = {
  name: '_login_failures.count',
  text: `
    insert into app._login_failures as known (key_hash, attempts, until)
    values ($1, 1, $2)
    on conflict (key_hash) do update
    set
      attempts = case when known.until <= $3 then 1 else least(known.attempts, 1000000) + 1 end,
      until = case when known.until <= $3 then excluded.until else known.until end
    returning attempts, until`,
};

const CLEAR: Statement = {
  name: '_login_failures.clear',
  text: `
    delete from app._login_failures
    where key_hash = $1`,
};

const TAKE_BACK: Statement = {
  name: '_login_failures.takeBack',
  text: `
    update app._login_failures
    set attempts = attempts - 1
    where key_hash = $1 and attempts > 0`,
};

const FORGET: Statement = {
  name: '_login_failures.forget',
  text: `
    delete from app._login_failures
    where until <= $1`,
};

async function run<R extends object>(statement: Statement, values: unknown[]): Promise<R[]> {
  try {
    return await runInPool<R>(statement, values);
  } catch (error) {
    throw translateDatabaseError(error, statement);
  }
}

function keyOf({ name }: Limit, subject: string): Buffer {
  return keyedHash(`${name}\n${subject}`);
}

/** Counts one attempt, before anything is done for it. Throws 429 when there were too many. */
export async function count(limit: Limit, subject: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const values = [keyOf(limit, subject), now + limit.seconds, now];
  const [known] = await run<{ attempts: number; until: number }>(COUNT, values);
  forgetOldCounts(now);
  if (!known || known.attempts <= limit.attempts) return;
  const headers = { 'retry-after': String(Math.max(1, known.until - now)) };
  throw problem(429, 'Too many attempts; try again later.', { headers });
}

/**
 * Checks a password, of which only so many may be wrong in a row for one `subject`, and from one address. An attempt
 * counts as wrong until it proved right. Throws 429.
 */
export async function countingFailures<T>(
  event: H3Event,
  subject: string,
  check: () => Promise<T | null>,
): Promise<T | null> {
  const address = clientAddress(event);
  // In this order: who is refused for the address cannot lock others out.
  await count(PER_ADDRESS, address);
  await count(PER_LOGIN, subject);
  const result = await check().catch(async (error: unknown) => {
    // Nothing was tried.
    await run(TAKE_BACK, [keyOf(PER_LOGIN, subject)]);
    await run(TAKE_BACK, [keyOf(PER_ADDRESS, address)]);
    throw error;
  });
  if (result === null) return null;
  await run(CLEAR, [keyOf(PER_LOGIN, subject)]);
  await run(TAKE_BACK, [keyOf(PER_ADDRESS, address)]);
  return result;
}

/** One more registration from this address. Throws 429. */
export async function countRegistration(event: H3Event): Promise<void> {
  await count(REGISTRATIONS, clientAddress(event));
}

let lastForgotten = 0;

/** Once an hour, while nobody waits for it. */
function forgetOldCounts(now: number): void {
  if (now - lastForgotten < 3600) return;
  lastForgotten = now;
  runInPool(FORGET, [now]).catch((error: unknown) =>
    log('warn', 'old counts of attempts are still there', describeError(error)),
  );
}
