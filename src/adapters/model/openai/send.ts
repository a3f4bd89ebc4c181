import type OpenAI from 'openai';
import { isTurboError } from '../../../domain/errors.ts';
import { fetchThrough } from '../../shared/network/fetch-through.ts';
import type { Concessions } from './concessions.ts';
import { withPlainError } from './error-body.ts';
import { brokenOff, cutOff, type Failure, givenUp, notTheApi, refused, unreachable } from './failures.ts';
import { openGuard } from './guarded-fetch.ts';
import type { Question, Reply, Service } from './question.ts';
import { readBody } from './read-body.ts';
import { readChat } from './read-chat.ts';
import { readResponses } from './read-responses.ts';
import { type RefusedWith, refusedStatus } from './refused-status.ts';
import type { Said } from './said.ts';
import { toChat, toChatTool, toFunction, toInput } from './tool-words.ts';

export type Attempt =
  | { readonly reply: Reply }
  /** `refusal`: what the service said against the request; null when it did not come to that. */
  | { readonly failure: Failure; readonly refusal: { readonly status: number; readonly text: string } | null };

export interface SendOptions {
  readonly totalMs: number;
  readonly concessions: Concessions;
}

/** Asks once. Whatever goes wrong is given back as a failure, never thrown. */
export async function send(question: Question, service: Service, options: SendOptions): Promise<Attempt> {
  // Loaded before the silence of the service is measured.
  const [{ default: Client }, send] = await Promise.all([import('openai'), fetchThrough(service.network ?? null)]);
  const guard = openGuard({ idleMs: service.idleMs, totalMs: options.totalMs, send });
  // Everything is said explicitly: the client would read what is left out from the environment.
  const client = new Client({
    apiKey: service.key ?? 'none',
    baseURL: service.baseUrl,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: options.totalMs + 1000,
    fetch: async (input, init) => withPlainError(await guard.fetch(input, init)),
  });
  try {
    const response = await request(client, question, service, options, guard.signal);
    const values = await readBody(response);
    const read = service.api === 'chat' ? readChat : readResponses;
    return values === null ? failed(notTheApi(service)) : judge(read(values), service);
  } catch (error) {
    const why = guard.gaveUp();
    if (why !== null) return failed(givenUp(why, service));
    if (isTurboError(error)) throw error;
    return describe(error, service);
  } finally {
    guard.release();
  }
}

const failed = (failure: Failure): Attempt => ({ failure, refusal: null });

/** A stream in any case: silence can be told from thinking only where something comes in between. */
function request(
  client: OpenAI,
  { phase, messages, answerSchema, maxOutputTokens, tools = [] }: Question,
  { model, api }: Service,
  { concessions }: SendOptions,
  signal: AbortSignal,
): Promise<Response> {
  const { without, mostOutputTokens } = concessions;
  const limit = Math.min(maxOutputTokens, mostOutputTokens ?? maxOutputTokens);
  const schema =
    answerSchema && !without.has('json_schema') ? { name: phase, strict: true, schema: { ...answerSchema } } : null;
  if (api === 'responses') {
    return client.responses
      .create(
        {
          model,
          input: toInput(messages),
          stream: true,
          store: false,
          max_output_tokens: limit,
          ...(schema ? { text: { format: { type: 'json_schema' as const, ...schema } } } : {}),
          ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}),
        },
        { signal },
      )
      .asResponse();
  }
  return client.chat.completions
    .create(
      {
        model,
        messages: toChat(messages),
        stream: true,
        ...(without.has('stream_options') ? {} : { stream_options: { include_usage: true } }),
        ...(without.has('max_completion_tokens') ? { max_tokens: limit } : { max_completion_tokens: limit }),
        ...(schema ? { response_format: { type: 'json_schema' as const, json_schema: schema } } : {}),
        ...(tools.length > 0 ? { tools: tools.map((tool) => toChatTool(tool, concessions)) } : {}),
      },
      { signal },
    )
    .asResponse();
}

function judge(said: Said, service: Service): Attempt {
  if (said.error) {
    const status = /^\d{3}$/.test(said.error.code) ? Number(said.error.code) : 500;
    return refusedWith({ status, code: said.error.code, text: said.error.message, waitMs: null }, service);
  }
  if (!said.isAnswer) return failed(notTheApi(service));
  if (said.refusal !== '' || said.end === 'filter') return failed(refused(service, said.refusal));
  if (said.end === 'broken') return failed(brokenOff(service, said.why));
  if (said.end === null) return failed(cutOff(service));
  if (said.text.trim() === '' && said.calls.length === 0 && said.end === 'stop') return failed(refused(service, ''));
  return { reply: { text: said.text, calls: said.calls, isCut: said.end === 'length', tokens: said.tokens } };
}

/** What the client threw: an error status has one, everything else is the line. */
function describe(error: unknown, service: Service): Attempt {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') {
    return failed(unreachable(service, error));
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const headers = 'headers' in error && error.headers instanceof Headers ? error.headers : new Headers();
  const { status } = error;
  // The client puts the status before the text, also where there is none.
  const text = error.message.replace(/^\d{3} (status code \(no body\)$)?/, '');
  return refusedWith({ status, code, text, waitMs: waitOf(headers) ?? waitInWords(text) }, service);
}

function refusedWith(said: RefusedWith, service: Service): Attempt {
  return { failure: refusedStatus(said, service), refusal: { status: said.status, text: said.text } };
}

/** Milliseconds a service asks to wait, in any of the three spellings; null when it says nothing. */
function waitOf(headers: Headers): number | null {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (exact >= 0) return exact;
  const said = headers.get('retry-after');
  if (said === null) return null;
  const seconds = Number(said);
  const ms = Number.isNaN(seconds) ? Date.parse(said) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** The same where it is said in the text only, as Gemini does. */
function waitInWords(text: string): number | null {
  const seconds = /retry in ([\d.]{1,9}) ?s/i.exec(text)?.[1];
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1000);
}
