import { TurboError } from '../../../domain/errors.ts';
import { ASK_NOBODY, type Failure, final, foreignText, hostOf, notTheApi, refused } from './failures.ts';
import { fullName, type Service } from './question.ts';

/** A service may ask us to wait; beyond this, people are told instead of kept waiting. */
const LONGEST_WAIT_MS = 20_000;

/** An error status, or an error inside of a good answer. */
export interface RefusedWith {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  /** Milliseconds it asks to wait; null: it does not say. */
  readonly waitMs: number | null;
}

type Explain = (refusal: RefusedWith, service: Service) => Failure;

interface Case {
  readonly statuses: readonly number[] | 'any';
  /** In its code or text; null: whatever it says. */
  readonly says: RegExp | null;
  readonly explain: Explain;
}

const MODEL_GONE =
  /model_not_found|unknown_model|DeploymentNotFound|no endpoints found|model.{0,80}(not exist|not found|deprecated|decommissioned)/i;
const NO_TOOLS =
  /support (the )?tool|tools?( use| calls?| calling)? (is|are) not supported|does not support (tools|function)/i;
const FLAGGED = /content_filter|content_policy|moderation|flagged|usage guidelines|safety/i;
const TOO_LONG =
  /context_length_exceeded|context (length|window)|prompt is too long|too many (input )?tokens|token count exceeds/i;
const WRONG_KEY =
  /(incorrect|invalid|not valid|no).{0,20}\bAPI.?key|API.?key.{0,20}(incorrect|invalid|not valid|expired)|UNAUTHENTICATED/i;

/** What refusals mean, whoever says them how; the first that fits. */
const CASES: readonly Case[] = [
  { statuses: 'any', says: NO_TOOLS, explain: cannotUseTools },
  { statuses: [400, 403, 422], says: FLAGGED, explain: ({ text }, service) => refused(service, text) },
  { statuses: [400, 413, 422], says: TOO_LONG, explain: tooLong },
  { statuses: [400], says: WRONG_KEY, explain: denied },
  { statuses: [401, 403], says: null, explain: denied },
  { statuses: 'any', says: MODEL_GONE, explain: unknownModel },
  { statuses: [404], says: /model/i, explain: unknownModel },
  { statuses: [404, 405], says: null, explain: (_refusal, service) => notTheApi(service) },
  { statuses: [402, 429], says: null, explain: limited },
];

/** What a refusal means, and whether another attempt may do better. */
export function refusedStatus(refusal: RefusedWith, service: Service): Failure {
  const { status, code, text, waitMs } = refusal;
  const words = `${code} ${text}`;
  const found = CASES.find(
    ({ statuses, says }) => (statuses === 'any' || statuses.includes(status)) && (says === null || says.test(words)),
  );
  if (found) return found.explain(refusal, service);
  const said = foreignText(text, service);
  const message = `${fullName(service)} answered with an error (${status}${said === '' ? '' : `: ${said}`}).`;
  const error = new TurboError('model.failed', message, { hint: `Run the same command again, ${ASK_NOBODY}` });
  return { error, retryAfterMs: isPassing(status) ? soon(waitMs) : null, isFree: true };
}

function denied({ status }: RefusedWith, service: Service): Failure {
  // The text is left out: it is where services repeat the key.
  const message = `${hostOf(service)} does not accept the key in ${service.keyName} (${status}).`;
  return final(new TurboError('model.denied', message, { hint: `Set a valid ${service.keyName}, ${ASK_NOBODY}` }));
}

function unknownModel({ status }: RefusedWith, service: Service): Failure {
  const { provider, model, chosenBy } = service;
  const message = `${hostOf(service)} has no model ${JSON.stringify(model)}, which ${chosenBy} names (${status}).`;
  const fetched = provider === 'ollama' ? `Fetch it: ollama pull ${model}, or name` : 'Name';
  return final(new TurboError('model.unknown', message, { hint: `${fetched} another in ${chosenBy}, ${ASK_NOBODY}` }));
}

function cannotUseTools({ status }: RefusedWith, service: Service): Failure {
  const message = `${fullName(service)} cannot use tools (${status}), and endpoints are written with them.`;
  const hint = `Name one that can: turbobackend config set model.write <name>, ${ASK_NOBODY}`;
  return final(new TurboError('model.failed', message, { hint }));
}

function tooLong({ status }: RefusedWith, service: Service): Failure {
  const message = `The question is longer than ${fullName(service)} can read (${status}).`;
  const hint = `Name a model with a larger context in ${service.chosenBy}, or say less, ${ASK_NOBODY}`;
  return final(new TurboError('model.failed', message, { hint }));
}

function limited({ status, code, waitMs }: RefusedWith, service: Service): Failure {
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
