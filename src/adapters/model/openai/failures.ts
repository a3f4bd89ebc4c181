import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import { proxyFailureOf } from '../../shared/network/proxy-failure.ts';
import type { GiveUp } from './guarded-fetch.ts';
import { fullName, type Service } from './question.ts';

const ASK_NOBODY = 'or ask nobody: --model planner';

/** A service may ask us to wait; beyond this, people are told instead of kept waiting. */
const LONGEST_WAIT_MS = 20_000;

/** One attempt that failed: what to say, and whether another one may do better. */
export interface Failure {
  readonly error: TurboError;
  /** Milliseconds to wait before the next attempt; null: there is no use in one. */
  readonly retryAfterMs: number | null | 'backoff';
  /** The service refused to answer, so nothing was paid. */
  readonly isFree: boolean;
}

const final = (error: TurboError, isFree = true): Failure => ({ error, retryAfterMs: null, isFree });

/** A text of the service as it may be shown: short, on one line, without our key and without control characters. */
function foreignText(text: string, { key }: Pick<Service, 'key'>): string {
  const clean = stripInvisible(key ? text.replaceAll(key, '***') : text)
    // What looks like a key is one, also when the service shows it in part.
    .replace(/\b(sk|xai|AIza|gsk|Bearer)[-_ ]?[\w*.-]{6,}/g, '***')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}

/** The address without anything but its host: all that is needed to know whom was asked. */
const hostOf = ({ baseUrl }: Service) => new URL(baseUrl).host;

/** What the guard gave up. */
export function givenUp(why: GiveUp, service: Service): Failure {
  if (why === 'huge') {
    const message = `${fullName(service)} sent more than 8 MB and was cut off.`;
    return final(
      new TurboError('model.unusable', message, { hint: `Ask another model: --model <name>, ${ASK_NOBODY}` }),
      false,
    );
  }
  const seconds = Math.round(service.idleMs / 1000);
  const message =
    why === 'silent'
      ? `${fullName(service)} at ${hostOf(service)} said nothing for ${seconds} s.`
      : `${fullName(service)} at ${hostOf(service)} did not come to an end in time.`;
  const hint = `Give it longer: turbobackend config set model.timeout ${Math.min(600, seconds * 4)}, ${ASK_NOBODY}`;
  return final(new TurboError('model.timeout', message, { hint }), false);
}

/** Nobody answered, or the line was cut. */
export function unreachable(service: Service, cause: unknown): Failure {
  const proxy = proxyFailureOf(cause);
  if (proxy) {
    const message = `${fullName(service)} at ${hostOf(service)} cannot be reached: ${proxy.message}.`;
    const error = new TurboError('model.unreachable', message, { hint: `${proxy.hint}, ${ASK_NOBODY}`, cause: proxy });
    return { error, retryAfterMs: proxy.isFinal ? null : 'backoff', isFree: true };
  }
  const code = systemCode(cause);
  const message = `${fullName(service)} at ${hostOf(service)} cannot be reached${code === '' ? '' : ` (${code})`}.`;
  const hint = `Check the network and model.url (or TURBOBACKEND_MODEL_URL), ${ASK_NOBODY}`;
  return {
    error: new TurboError('model.unreachable', message, { hint, cause }),
    retryAfterMs: 'backoff',
    isFree: false,
  };
}

/** An answer that ended before its end. */
export function cutOff(service: Service): Failure {
  const message = `The answer of ${fullName(service)} was cut off on its way.`;
  const error = new TurboError('model.unreachable', message, { hint: `Run the same command again, ${ASK_NOBODY}` });
  return { error, retryAfterMs: 'backoff', isFree: false };
}

/** Whoever answered is not a service of this kind. */
export function notTheApi(service: Service): Failure {
  const message = `What answers at ${service.baseUrl} is not an OpenAI-compatible service.`;
  const hint = `Correct model.url (or TURBOBACKEND_MODEL_URL); most addresses end in /v1, ${ASK_NOBODY}`;
  return final(new TurboError('model.not_api', message, { hint }), false);
}

export function refused(service: Service, why: string): Failure {
  const said = foreignText(why, service);
  const message = `${fullName(service)} gave no answer${said === '' ? '.' : `: ${JSON.stringify(said)}`}`;
  return final(new TurboError('model.refused', message, { hint: `Say it in other words, ${ASK_NOBODY}` }), false);
}

/** An error status, or an error inside of a good answer. */
export function refusedStatus(
  status: number,
  code: string,
  text: string,
  service: Service,
  waitMs: number | null,
): Failure {
  const name = fullName(service);
  const said = foreignText(text, service);
  if (status === 401 || status === 403) {
    // The text is left out: it is where services repeat the key.
    const message = `${hostOf(service)} does not accept the key in ${service.keyName} (${status}).`;
    return final(new TurboError('model.denied', message, { hint: `Set a valid ${service.keyName}, ${ASK_NOBODY}` }));
  }
  if (
    status === 404 ||
    /model_not_found|unknown_model|model.{0,80}(not exist|not found|deprecated)/i.test(`${code} ${text}`)
  ) {
    const message = `${hostOf(service)} has no model ${JSON.stringify(service.model)}, which ${service.chosenBy} names (${status}).`;
    return final(
      new TurboError('model.unknown', message, { hint: `Name another in ${service.chosenBy}, ${ASK_NOBODY}` }),
    );
  }
  if (status === 429 || status === 402) return limited(status, code, service, waitMs);
  const message = `${name} answered with an error (${status}${said === '' ? '' : `: ${said}`}).`;
  const error = new TurboError('model.failed', message, { hint: `Run the same command again, ${ASK_NOBODY}` });
  return { error, retryAfterMs: isPassing(status) ? soon(waitMs) : null, isFree: true };
}

function limited(status: number, code: string, service: Service, waitMs: number | null): Failure {
  const isSpent = status === 402 || /quota|billing|credit/i.test(code);
  const retryAfterMs = isSpent ? null : soon(waitMs);
  const when = waitMs === null ? '' : `; it asks to wait ${describeWait(waitMs)}`;
  const message = isSpent
    ? `The account behind ${service.keyName} has nothing left at ${hostOf(service)} (${status}).`
    : `${fullName(service)} takes no more requests for now (${status})${when}.`;
  const hint = isSpent ? `Top it up, ${ASK_NOBODY}` : `Run the same command again later, ${ASK_NOBODY}`;
  return { error: new TurboError('model.limited', message, { hint }), retryAfterMs, isFree: true };
}

const isPassing = (status: number) => [408, 409, 425].includes(status) || status >= 500;

/** Null when the wait is too long to be kept waiting for. */
const soon = (waitMs: number | null) => (waitMs === null ? 'backoff' : waitMs <= LONGEST_WAIT_MS ? waitMs : null);

function describeWait(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}

/** `ECONNREFUSED` and the like, from wherever in the chain of causes it stands. */
function systemCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}
