import { TurboError } from '../../../domain/errors.ts';
import type {
  RemoteAnswer,
  RemoteClient,
  RemoteClientOptions,
  RemoteOrder,
  RemoteTime,
  RemoteTimeouts,
} from './contract.ts';
import { type Exchange, exchange } from './exchange.ts';
import { failureOf, isUnderstood, translateFailure } from './failures.ts';
import { pacer } from './pace.ts';
import { redactor } from './redact.ts';
import { backoffMs, retryAfterMs } from './retry.ts';

const TIMEOUTS: RemoteTimeouts = { quick: 20_000, long: 75_000, transfer: 300_000 };

const systemTime: RemoteTime = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

/**
 * Speaks to one service. Connections that could not be opened are tried again for every request; silence, 429 and 5xx
 * only for those that are idempotent, after the wait that the answer asks for, or a growing one with some chance in it.
 */
export function remoteClient(options: RemoteClientOptions): RemoteClient {
  const { time = systemTime, tries = 5, totalMs = 180_000, maxWaitMs = 60_000 } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const waitTurn = pacer(time, options.pace);
  const redact = redactor(options.secrets);

  /** The answer, or why there is none and how long to wait before the next try; null: there is no use in one. */
  async function attempt(order: RemoteOrder, leftMs: number, tried: number): Promise<Attempt> {
    const timeoutMs = Math.min(timeouts[order.timeout ?? 'quick'], leftMs);
    const exchanged: Exchange = await exchange(options, order, timeoutMs);
    if (exchanged.answer && isGood(exchanged.answer, order)) return { answer: exchanged.answer };
    const failure = failureOf(exchanged, order, options);
    if (!failure.isTransient || !(order.idempotent || failure.wasNotSent)) return { failure, waitMs: null };
    const asked = exchanged.answer ? askedWait(exchanged.answer, time.now(), options) : null;
    if (asked !== null && asked > maxWaitMs) return { failure: { ...failure, askedMs: asked }, waitMs: null };
    return { failure, waitMs: asked ?? backoffMs(tried, time.random()) };
  }

  return {
    redact,
    async request(order) {
      const end = time.now() + totalMs;
      for (let tried = 1; ; tried += 1) {
        await waitTurn(order.paceKey, order.pace);
        const { answer, failure, waitMs } = await attempt(order, Math.max(1, end - time.now()), tried);
        if (answer) return answer;
        const isOver = waitMs === null || tried >= tries || time.now() + waitMs >= end;
        if (isOver) throw asError(translateFailure(failure, order, options), redact);
        await time.sleep(waitMs);
      }
    },
  };
}

type Attempt =
  | { readonly answer: RemoteAnswer; readonly failure?: never; readonly waitMs?: never }
  | { readonly answer?: never; readonly failure: ReturnType<typeof failureOf>; readonly waitMs: number | null };

function isGood(answer: RemoteAnswer, order: RemoteOrder): boolean {
  const { status } = answer;
  const isWanted = (status >= 200 && status < 300) || (order.accept ?? []).includes(status);
  return isWanted && isUnderstood(answer, order);
}

function askedWait(answer: RemoteAnswer, now: number, { waitOf }: RemoteClientOptions): number | null {
  return waitOf?.(answer) ?? retryAfterMs(answer.headers['retry-after'], now);
}

function asError(
  { code, message, hint, details, cause }: ReturnType<typeof translateFailure>,
  redact: (text: string) => string,
): TurboError {
  return new TurboError(code, redact(message), {
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    details,
    ...(cause === undefined ? {} : { cause: new Error(redact(cause)) }),
  });
}
