import type OpenAI from 'openai';
import { isTurboError } from '../../../domain/errors.ts';
import { fetchThrough } from '../../shared/network/fetch-through.ts';
import { cutOff, type Failure, givenUp, notTheApi, refused, refusedStatus, unreachable } from './failures.ts';
import { openGuard } from './guarded-fetch.ts';
import type { Question, Reply, Service } from './question.ts';
import { readBody } from './read-body.ts';
import { readChat } from './read-chat.ts';
import { readResponses } from './read-responses.ts';
import type { Said } from './said.ts';
import { toChat, toChatTool, toFunction, toInput } from './tool-words.ts';

export type Attempt = { readonly reply: Reply } | { readonly failure: Failure; readonly status: number | null };

export interface SendOptions {
  readonly totalMs: number;
  /** False for services that do not know JSON schemas: the schema is said in words then. */
  readonly withSchema: boolean;
}

/** Asks once. Whatever goes wrong is given back as a failure, never thrown. */
export async function send(question: Question, service: Service, options: SendOptions): Promise<Attempt> {
  const guard = openGuard({
    idleMs: service.idleMs,
    totalMs: options.totalMs,
    send: await fetchThrough(service.network ?? null),
  });
  const { default: Client } = await import('openai');
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
    fetch: guard.fetch,
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

const failed = (failure: Failure, status: number | null = null): Attempt => ({ failure, status });

/** A stream in any case: silence can be told from thinking only where something comes in between. */
function request(
  client: OpenAI,
  { phase, messages, answerSchema, maxOutputTokens, tools = [] }: Question,
  { model, api }: Service,
  { withSchema }: SendOptions,
  signal: AbortSignal,
): Promise<Response> {
  const schema = answerSchema && withSchema ? { name: phase, strict: true, schema: { ...answerSchema } } : null;
  if (api === 'responses') {
    return client.responses
      .create(
        {
          model,
          input: toInput(messages),
          stream: true,
          store: false,
          max_output_tokens: maxOutputTokens,
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
        stream_options: { include_usage: true },
        max_completion_tokens: maxOutputTokens,
        ...(schema ? { response_format: { type: 'json_schema' as const, json_schema: schema } } : {}),
        ...(tools.length > 0 ? { tools: tools.map(toChatTool) } : {}),
      },
      { signal },
    )
    .asResponse();
}

function judge(said: Said, service: Service): Attempt {
  if (said.error) {
    const status = /^\d{3}$/.test(said.error.code) ? Number(said.error.code) : 500;
    return failed(refusedStatus(status, said.error.code, said.error.message, service, null), status);
  }
  if (!said.isAnswer) return failed(notTheApi(service));
  if (said.refusal !== '' || said.end === 'filter') return failed(refused(service, said.refusal));
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
  return failed(refusedStatus(error.status, code, error.message, service, waitOf(headers)), error.status);
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
