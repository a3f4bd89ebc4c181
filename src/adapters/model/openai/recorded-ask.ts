import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TurboError } from '../../../domain/errors.ts';
import { formatUsd, NO_TOKENS, type Spending } from '../../../domain/model-cost.ts';
import type { ReportProgress } from '../../../domain/progress.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Prices } from '../../../ports/prices.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import { type AskService, CallFailed } from './ask-service.ts';
import { fullName, type Question, type Reply, type Service } from './question.ts';

/** What may be spent, and what of the past is used. */
export interface CallRules {
  /** US dollars a project may cost in all; null: no limit. */
  readonly maxCostUsd: number | null;
  /** Calls a project may make in all; null: no limit. */
  readonly maxCalls: number | null;
  /** `use`: recorded answers are used; `only`: nothing else is; `ignore`: everything is asked again. */
  readonly records: 'use' | 'only' | 'ignore';
  readonly showPrompts: boolean;
}

export interface RecordedAskOptions {
  readonly service: Service;
  readonly ask: AskService;
  readonly rules: CallRules;
  readonly calls: Pick<StateStore, 'beginModelCall' | 'endModelCall' | 'findModelAnswer' | 'modelSpending'>;
  readonly prices: Prices;
  readonly clock: Clock;
  readonly progress: ReportProgress;
}

export interface Answer extends Pick<Reply, 'text' | 'calls' | 'isCut'> {
  readonly key: string;
  /** US dollars that this command paid for it; null when the price is not known. */
  readonly costUsd: number | null;
}

/** Fewer tokens than this are no answer, however little is left to spend. */
const LEAST_OUTPUT_TOKENS = 1000;
/** Fewer bytes than any tokenizer puts into one token on average: the estimate must not be too low. */
const BYTES_PER_TOKEN = 2;

/** The same question to the same model, whatever its address, and however long the answer may be. */
function callKey({ messages, answerSchema, phase, tools }: Question, service: Service): string {
  const asked = [fullName(service), service.api, phase, messages, answerSchema, ...(tools ? [tools] : [])];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/**
 * Asks, and keeps what was asked for and what came back: written down before the call, so that a limit holds also over
 * a crash, and finished after it, so that it is never paid twice. Throws the error of the call, `limit.reached` before a
 * call that could exceed a limit, and `model.not_recorded`.
 */
export function recordedAsk(
  options: RecordedAskOptions,
): (question: Question, projectId: string | null) => Promise<Answer> {
  const { service, rules, calls, progress } = options;
  const spentHere = { calls: 0, atMostUsd: 0 };
  const announce = onceTo(service, progress);
  return async (question, projectId) => {
    const key = callKey(question, service);
    const recorded = rules.records === 'ignore' ? null : await calls.findModelAnswer(key);
    if (rules.showPrompts) progress({ kind: 'note', message: describeQuestion(question, service, recorded !== null) });
    if (recorded !== null) {
      progress({ kind: 'detail', message: `${fullName(service)} was asked this before; nothing is paid for it.` });
      return { ...fromRecord(question, recorded), isCut: false, key, costUsd: 0 };
    }
    if (rules.records === 'only') throw notRecorded(question, service);
    const spending = projectId === null ? spentHere : await calls.modelSpending(projectId);
    const allowed = await affordable(question, spending, options);
    announce();
    spentHere.calls += 1;
    spentHere.atMostUsd += allowed.reservedUsd ?? 0;
    const { costUsd, reply } = await pay(allowed, key, projectId, options);
    spentHere.atMostUsd += (costUsd ?? allowed.reservedUsd ?? 0) - (allowed.reservedUsd ?? 0);
    return { text: reply.text, calls: reply.calls, isCut: reply.isCut, key, costUsd };
  };
}

/** Says, the first time, that the request leaves this machine. */
function onceTo(service: Service, progress: ReportProgress): () => void {
  let told = false;
  return () => {
    if (told) return;
    told = true;
    const whom = `${fullName(service)} at ${new URL(service.baseUrl).host}`;
    progress({ kind: 'note', message: `The request goes to ${whom}; --model planner asks nobody.` });
  };
}

/** Where tools may be used, an answer is more than its text. */
function toRecord({ tools }: Question, { text, calls }: Reply): string {
  return tools ? JSON.stringify({ text, calls }) : text;
}

const recordShape = z.object({
  text: z.string(),
  calls: z.array(
    z
      .object({
        id: z.string(),
        name: z.string(),
        arguments: z.string(),
        extra: z.record(z.string(), z.unknown()).optional(),
      })
      .transform(({ extra, ...call }) => ({ ...call, ...(extra && { extra }) })),
  ),
});

function fromRecord({ tools }: Question, recorded: string): Pick<Reply, 'text' | 'calls'> {
  return tools ? recordShape.parse(JSON.parse(recorded)) : { text: recorded, calls: [] };
}

interface Allowed {
  readonly question: Question;
  readonly reservedUsd: number | null;
}

/** Makes the call between the two halves of its record. */
async function pay(
  { question, reservedUsd }: Allowed,
  key: string,
  projectId: string | null,
  { service, ask, calls, prices, clock }: RecordedAskOptions,
): Promise<{ readonly reply: Reply; readonly costUsd: number | null }> {
  const { provider, model } = service;
  const id = await calls.beginModelCall({ projectId, phase: question.phase, provider, model, key, reservedUsd });
  const begun = clock.elapsedMs();
  try {
    const reply = await ask(question);
    const costUsd = await prices.priceOf(service, reply.tokens);
    // An answer that was cut is never used, so it must not be found again.
    const outcome = reply.isCut ? 'failed' : 'ok';
    const answer = reply.isCut ? null : toRecord(question, reply);
    await calls.endModelCall(id, { outcome, tokens: reply.tokens, costUsd, ms: clock.elapsedMs() - begun, answer });
    return { reply, costUsd };
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    const costUsd = error.isFree ? 0 : null;
    const ms = clock.elapsedMs() - begun;
    await calls.endModelCall(id, { outcome: 'failed', tokens: NO_TOKENS, costUsd, ms, answer: null });
    throw error.error;
  }
}

/**
 * The question with an answer as long as may be afforded, and what it costs at most. Throws `limit.reached` when that
 * is too much, or cannot be known.
 */
async function affordable(
  question: Question,
  spending: Pick<Spending, 'calls' | 'atMostUsd'>,
  { service, rules, prices }: RecordedAskOptions,
): Promise<Allowed> {
  if (rules.maxCalls !== null && spending.calls >= rules.maxCalls) {
    throw limitReached(
      `${spending.calls} calls were made, and --max-iterations allows ${rules.maxCalls}.`,
      'iterations',
    );
  }
  const input = Math.ceil(
    Buffer.byteLength(JSON.stringify([question.messages, question.answerSchema, question.tools])) / BYTES_PER_TOKEN,
  );
  const price = (output: number) => prices.priceOf(service, { input, output, cached: 0, reasoning: 0 });
  const [sent, whole] = await Promise.all([price(0), price(question.maxOutputTokens)]);
  if (rules.maxCostUsd === null) return { question, reservedUsd: whole };
  if (sent === null || whole === null) {
    const message = `The price of ${fullName(service)} is not known, so --max-cost cannot be held.`;
    throw limitReached(message, 'cost', 'Bound the number of calls instead: --max-iterations <count>');
  }
  const left = rules.maxCostUsd - spending.atMostUsd;
  if (whole <= left) return { question, reservedUsd: whole };
  const perToken = (whole - sent) / question.maxOutputTokens;
  const maxOutputTokens = Math.floor((left - sent) / perToken);
  if (!(maxOutputTokens >= LEAST_OUTPUT_TOKENS)) {
    const message = `${formatUsd(spending.atMostUsd)} of ${formatUsd(rules.maxCostUsd)} may be spent already, and the next call does not fit in.`;
    throw limitReached(message, 'cost');
  }
  return { question: { ...question, maxOutputTokens }, reservedUsd: left };
}

function limitReached(message: string, limit: 'cost' | 'iterations', hint?: string): TurboError {
  const option = limit === 'cost' ? '--max-cost' : '--max-iterations';
  return new TurboError('limit.reached', message, {
    hint: hint ?? `Run the same command with a higher ${option}, or with --model planner; see: turbobackend cost`,
    details: { limit },
  });
}

function notRecorded({ phase }: Question, service: Service): TurboError {
  return new TurboError('model.not_recorded', `No answer of ${fullName(service)} to this (${phase}) is recorded.`, {
    hint: 'Run the same command without --replay, so that it is asked and recorded.',
  });
}

function describeQuestion({ messages }: Question, service: Service, isRecorded: boolean): string {
  const head = isRecorded
    ? `Not sent, since its answer is recorded (${fullName(service)}):`
    : `Sent to ${fullName(service)} at ${new URL(service.baseUrl).host}:`;
  return [head, ...messages.map(shownMessage)].join('\n\n');
}

function shownMessage(message: Question['messages'][number]): string {
  const calls = 'calls' in message ? (message.calls ?? []) : [];
  const wanted = calls.map(({ name, arguments: text }) => `${name}(${text})`);
  return stripInvisible([`[${message.role}]`, message.content, ...wanted].join('\n'));
}
