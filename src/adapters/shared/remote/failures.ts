import type { ErrorCode } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { Failure, RemoteAnswer, RemoteClientOptions, RemoteOrder } from './contract.ts';
import type { Broken, Exchange } from './exchange.ts';

/** A try that gave no good answer. */
export interface Failed {
  readonly exchanged: Exchange;
  /** Another try may succeed. */
  readonly isTransient: boolean;
  /** It never reached the service. */
  readonly wasNotSent: boolean;
  /** Milliseconds that the answer asked for and nobody waits. */
  readonly askedMs?: number;
}

/** Failures of opening a connection: whatever was to be sent was not. */
const NOT_SENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
];
const CUT = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];
const MAX_EXCERPT = 300;

/** Whether another try is of use. */
export function failureOf(exchanged: Exchange, order: RemoteOrder, { waitOf }: RemoteClientOptions): Failed {
  const { answer, broken } = exchanged;
  if (answer) {
    if (answer.status < 400 && !isUnderstood(answer, order))
      return { exchanged, isTransient: false, wasNotSent: false };
    const isLimited = answer.status === 429 || (waitOf?.(answer) ?? null) !== null;
    return { exchanged, isTransient: isLimited || answer.status >= 500, wasNotSent: false };
  }
  if (broken.why === 'proxy') return { exchanged, isTransient: !broken.failure.isFinal, wasNotSent: true };
  if (broken.why !== 'network') return { exchanged, isTransient: broken.why === 'slow', wasNotSent: false };
  const wasNotSent = broken.code !== null && NOT_SENT.includes(broken.code);
  const isCut = broken.code === null || CUT.includes(broken.code);
  return { exchanged, isTransient: wasNotSent || isCut, wasNotSent };
}

/** A web page is what stands in front of a service, or in its place, and a body that is no JSON was cut. */
export function isUnderstood(
  { status, headers, json, bytes }: RemoteAnswer,
  { expect = 'json' }: RemoteOrder,
): boolean {
  if (expect === 'bytes' || bytes.byteLength === 0) return true;
  if (/^text\/html/i.test(headers['content-type'] ?? '')) return false;
  return status >= 300 || json !== undefined;
}

/** What the last try is told as. Secrets are taken out by the caller. */
export function translateFailure(
  { exchanged, askedMs }: Failed,
  order: RemoteOrder,
  options: RemoteClientOptions,
): Failure & { readonly details: Readonly<Record<string, unknown>>; readonly cause?: string } {
  const { remote, service } = options;
  const { answer, broken, timeoutMs } = exchanged;
  if (!answer) {
    const { why, ...told } = silence(broken, timeoutMs, options);
    return { ...told, details: { remote }, ...(broken.why === 'network' ? { cause: broken.message } : {}) };
  }
  const details = { remote, status: answer.status };
  const own = options.explain?.(answer, order);
  if (own) return { ...own, details };
  if (answer.status < 300) {
    const message = `What answered ${order.method} ${order.path} is not the API of ${service}.`;
    return { code: 'remote.unusable', message, hint: 'Correct the address that is configured for it.', details };
  }
  const said = excerpt(answer);
  const asked = `${order.method} ${order.path}`;
  const message = `${service} answered ${answer.status} to ${asked}${said === '' ? '.' : `: ${said}`}`;
  const hint = hintOf(answer.status, askedMs, service);
  return { code: codeOf(answer, askedMs), message, ...(hint === undefined ? {} : { hint }), details };
}

function silence(broken: Broken, timeoutMs: number, { service, baseUrl }: RemoteClientOptions) {
  const host = new URL(baseUrl).host;
  const hint = 'Nothing is lost: the same command goes on where it was.';
  switch (broken.why) {
    case 'slow':
      return {
        why: broken.why,
        code: 'remote.unreachable' as const,
        message: `${service} (${host}) did not answer within ${Math.ceil(timeoutMs / 1000)} s.`,
        hint,
      };
    case 'huge':
      return {
        why: broken.why,
        code: 'remote.unusable' as const,
        message: `${service} (${host}) answered with more than an answer may have.`,
        hint: 'Look at the address that is configured for it.',
      };
    case 'proxy': {
      const { message, hint: correct } = broken.failure;
      const told = `${service} (${host}) cannot be reached: ${message}.`;
      return { why: broken.why, code: 'remote.unreachable' as const, message: told, hint: correct };
    }
    case 'network':
      return {
        why: broken.why,
        code: 'remote.unreachable' as const,
        message: `${service} (${host}) cannot be reached${broken.code === null ? '' : ` (${broken.code})`}.`,
        hint: isDistrusted(broken.code) ? TRUST_HINT : hint,
      };
  }
}

/** Whoever answered shows a certificate that nobody we know has signed (codes of OpenSSL's X509_V_ERR). */
function isDistrusted(code: string | null): boolean {
  return code !== null && /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED/.test(code);
}

const TRUST_HINT =
  'If your network looks into what is sent, name the certificate of its authority: NODE_EXTRA_CA_CERTS=<file>';

function codeOf({ status }: RemoteAnswer, askedMs: number | undefined): ErrorCode {
  if (status === 429 || askedMs !== undefined) return 'remote.limited';
  if (status === 401 || status === 403) return 'remote.denied';
  if (status === 409 || status === 412) return 'remote.conflict';
  return status >= 300 && status < 400 ? 'remote.unusable' : 'remote.failed';
}

function hintOf(status: number, askedMs: number | undefined, service: string): string | undefined {
  if (askedMs !== undefined)
    return `${service} asks to wait ${Math.ceil(askedMs / 1000)} s; then the same command again.`;
  if (status === 429 || status >= 500) return 'The same command again, a little later: it goes on where it was.';
  if (status === 401 || status === 403) return 'turbobackend doctor --remote';
  if (status >= 300 && status < 400)
    return 'It leads elsewhere, where the token is not sent: correct the configured address.';
  return undefined;
}

/** The words of an answer, as far as they are for people. */
function excerpt({ json, bytes, headers }: RemoteAnswer): string {
  const text = wordsOf(json) ?? (isText(headers) ? new TextDecoder().decode(bytes.subarray(0, 4 * MAX_EXCERPT)) : '');
  const line = stripInvisible(text).replace(/\s+/g, ' ').trim();
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT - 1)}…` : line;
}

function isText(headers: Readonly<Record<string, string>>): boolean {
  return /^(text\/plain|application\/(json|xml))/.test(headers['content-type'] ?? '');
}

function wordsOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null) return null;
  const fields = new Map<string, unknown>(Object.entries(json));
  const words = ['message', 'error'].map((name) => fields.get(name)).find((value) => typeof value === 'string');
  return typeof words === 'string' ? words : null;
}
