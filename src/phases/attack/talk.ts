import type { Exchange } from '../../domain/verification.ts';
import type { WirePart } from '../../ports/wire.ts';
import type { Field } from './field.ts';
import type { Kind } from './kinds.ts';
import { judge } from './oracles.ts';
import { Reply, type Shot } from './reply.ts';

export type Report = (kind: Kind, where: string, evidence: string, reply?: Reply | Exchange | null) => void;

/** How one attack speaks with the backend, and says what it found. */
export interface Talk {
  /** Sends a request; its answer has been looked through. Never rejects. */
  readonly fire: (shot: Shot) => Promise<Reply>;
  /** Sends bytes; status 0 when what came back is no HTTP. */
  readonly strike: (strike: Strike) => Promise<Reply>;
  readonly report: Report;
}

export interface Strike {
  readonly name: string;
  readonly parts: readonly WirePart[];
  readonly deadlineMs?: number;
  readonly until?: 'answer' | 'close' | 'abort';
}

/** A busy machine takes its time; a place that once said nothing is not waited for again. */
const TIMEOUT_MS = 15_000;
const IMPATIENT_MS = 2000;
const WIRE_MS = 3000;

/** Sends for one attack, and looks through what comes back. */
export function openTalk(field: Field, attack: string): Talk {
  const { ledger } = field;
  const report: Report = (kind, where, evidence, reply = null) => {
    const exchange = reply instanceof Reply ? reply.exchange((text) => ledger.redact(text)) : reply;
    ledger.report(attack, kind, where, evidence, exchange);
  };
  const look = (reply: Reply) => {
    for (const { kind, evidence } of judge(reply, field.oracle)) report(kind, whereOf(reply.shot), evidence, reply);
    return reply;
  };
  const fire = (shot: Shot): Promise<Reply> =>
    field.gate.run(async () => {
      const where = whereOf(shot);
      const none = new Reply(shot, { status: 0, headers: {}, body: '', ms: TIMEOUT_MS });
      if (field.isDead) return none;
      ledger.tried(attack);
      const isSilent = field.silent.has(where);
      const first = await send(field, shot, isSilent);
      const reply = first instanceof Reply || isSilent ? first : await send(field, shot, false);
      if (reply instanceof Reply) return look(reply);
      field.silent.add(where);
      if (field.isDead) return none;
      field.isDead = !(await isAlive(field));
      report(field.isDead ? 'crash' : 'no-answer', where, `Nothing came back, twice: ${reply}.`, none);
      return none;
    });
  const strike = async ({ name, parts, deadlineMs = WIRE_MS, until = 'answer' }: Strike): Promise<Reply> => {
    ledger.tried(attack);
    const answer = await field.needs.wire.talk(field.base, { parts, deadlineMs, until });
    const reply = parseRaw({ method: 'RAW', path: name, text: shownParts(parts), where: name }, answer.text, answer.ms);
    // The parser of HTTP itself answers 501 and 505.
    return reply.status === 501 || reply.status === 505 || reply.status < 200 ? reply : look(reply);
  };
  return { fire, strike, report };
}

/** How a place is called in a report. */
function whereOf({ method, path, where }: Shot): string {
  return where ?? `${method} ${path.split('?', 1)[0]}`;
}

/** What came back, or why nothing did. */
async function send({ base, needs }: Field, shot: Shot, isSilent: boolean): Promise<Reply | string> {
  const { method, path, as, json, text, timeoutMs = isSilent ? IMPATIENT_MS : TIMEOUT_MS } = shot;
  const body = text ?? (json === undefined ? undefined : JSON.stringify(json));
  const headers: Record<string, string> = {
    ...(as ? { authorization: `Bearer ${as.token}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...shot.headers,
  };
  const options = body === undefined ? { headers, timeoutMs } : { headers, body, timeoutMs };
  const started = needs.clock.elapsedMs();
  try {
    const answer = await needs.http.request(method, `${base}${path}`, options);
    return new Reply(shot, { ...answer, ms: needs.clock.elapsedMs() - started });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether the server still answers; it may need a moment. */
export async function isAlive({ base, needs }: Field): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const answer = await needs.http.request('GET', `${base}/health`, { timeoutMs: 3000 }).catch(() => null);
    if (answer?.status === 200) return true;
    await needs.clock.sleep(200);
  }
  return false;
}

function parseRaw(shot: Shot, text: string, ms: number): Reply {
  const [head = '', body = ''] = splitOnce(text, '\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [name = '', value = ''] = splitOnce(line, ':');
    headers[name.toLowerCase()] = value.trim();
  }
  return new Reply(shot, { status, headers, body, ms });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function shownParts(parts: readonly WirePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part.slice(0, 300) : '…')).join('');
}
