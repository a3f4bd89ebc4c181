import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import { proxyFailureOf } from '../../shared/network/proxy-failure.ts';
import type { GiveUp } from './guarded-fetch.ts';
import { fullName, type Service } from './question.ts';

/** The way out that is always there. */
export const ASK_NOBODY = 'or ask nobody: --model planner';

/** One attempt that failed: what to say, and whether another one may do better. */
export interface Failure {
  readonly error: TurboError;
  /** Milliseconds to wait before the next attempt; null: there is no use in one. */
  readonly retryAfterMs: number | null | 'backoff';
  /** The service refused to answer, so nothing was paid. */
  readonly isFree: boolean;
}

/** A failure that another attempt would not mend. */
export const final = (error: TurboError, isFree = true): Failure => ({ error, retryAfterMs: null, isFree });

/** A text of the service as it may be shown: short, on one line, without our key and without control characters. */
export function foreignText(text: string, { key }: Pick<Service, 'key'>): string {
  const clean = stripInvisible(key ? text.replaceAll(key, '***') : text)
    // What looks like a key is one, also when the service shows it in part.
    .replace(/\b(sk|xai|AIza|gsk|Bearer)[-_ ]?[\w*.-]{6,}/g, '***')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}

/** The address without anything but its host: all that is needed to know whom was asked. */
export const hostOf = ({ baseUrl }: Service) => new URL(baseUrl).host;

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
  const check = 'Check the network and model.url (or TURBOBACKEND_MODEL_URL)';
  const hint = `${service.provider === 'ollama' ? 'Start it: ollama serve' : check}, ${ASK_NOBODY}`;
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
  const api = service.api === 'responses' ? '; where it knows no Responses: config set model.api chat' : '';
  const hint = `Correct model.url (or TURBOBACKEND_MODEL_URL); most addresses end in /v1${api}, ${ASK_NOBODY}`;
  return final(new TurboError('model.not_api', message, { hint }), false);
}

export function refused(service: Service, why: string): Failure {
  const said = foreignText(why, service);
  const message = `${fullName(service)} gave no answer${said === '' ? '.' : `: ${JSON.stringify(said)}`}`;
  return final(new TurboError('model.refused', message, { hint: `Say it in other words, ${ASK_NOBODY}` }), false);
}

/** The service could not make sense of what the model wrote, a call of a tool for example; another try may do. */
export function brokenOff(service: Service, why: string): Failure {
  const message = `${fullName(service)} broke its answer off (${foreignText(why, service)}).`;
  const hint = `Run the same command again, or ask another model: --model <name>, ${ASK_NOBODY}`;
  return { error: new TurboError('model.failed', message, { hint }), retryAfterMs: 'backoff', isFree: false };
}

/** `ECONNREFUSED` and the like, from wherever in the chain of causes it stands. */
function systemCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}
