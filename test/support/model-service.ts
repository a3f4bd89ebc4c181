import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { openaiModel } from '../../src/adapters/model/openai/openai-model.ts';
import { openaiWriter } from '../../src/adapters/model/openai/openai-writer.ts';
import type { Service } from '../../src/adapters/model/openai/question.ts';
import type { CallRules } from '../../src/adapters/model/openai/recorded-ask.ts';
import { planner } from '../../src/adapters/model/planner/planner.ts';
import { listedPrices } from '../../src/adapters/prices/listed/listed-prices.ts';
import { postgresState } from '../../src/adapters/state-store/postgres/postgres-state.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import type { Model } from '../../src/ports/model.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import type { Writer } from '../../src/ports/writer.ts';
import { shippedLexicon } from './planner.ts';

const templatesFolder = join(import.meta.dirname, '../../templates');

/** A key that must turn up nowhere but in the header it is for. */
export const CANARY_KEY = 'sk-canary-4f1c2d3e4b5a69788796a5b4';

/** What is asked and answered, in the order it happened. */
export interface FaultyService {
  readonly url: string;
  readonly requests: readonly { readonly body: string; readonly authorization: string }[];
  stop(): Promise<void>;
}

export type Answer = (response: ServerResponse, number: number) => void;

/** A server on a free port that answers each request as it is told to: what no well-behaved one can be made to do. */
export async function faultyService(answer: Answer): Promise<FaultyService> {
  const requests: { body: string; authorization: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ body, authorization: request.headers.authorization ?? '' });
    answer(response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A whole answer of Chat Completions. */
export function completion(content: string | null, more: Readonly<Record<string, unknown>> = {}): string {
  const { finish_reason = 'stop', refusal = null, usage = { prompt_tokens: 1000, completion_tokens: 50 } } = more;
  return JSON.stringify({ choices: [{ message: { content, refusal }, finish_reason }], usage });
}

export function json(response: ServerResponse, body: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

/** Metadata in a database of its own, for a test file; taken away at its end. */
export function lendMetadata(): { open(): StateStore } {
  const cluster = inject('cluster');
  const database = `model_test_${process.pid}_${Date.now()}`;
  const stores: StateStore[] = [];
  const login = async (name: string) => ({ ...cluster, database: name });
  afterAll(async () => {
    for (const store of stores) await store.close();
    const { default: pg } = await import('pg');
    const client = new pg.Client(await login('postgres'));
    await client.connect();
    await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await client.end();
  });
  return {
    open() {
      const store = postgresState({
        login,
        database,
        schema: 'turbobackend',
        migrationsFolder: join(templatesFolder, 'state'),
        owner: 'ada',
        clock: { now: () => 1_700_000_000, elapsedMs: () => performance.now(), sleep: async () => {} },
        ids: { projectId: () => 'unused', rowId: () => 'ada' },
      });
      stores.push(store);
      return store;
    },
  };
}

export interface AskedModel {
  readonly model: Model;
  /** The same one, writing code. */
  readonly writer: Writer;
  /** What was told to whoever watches. */
  readonly told: string[];
  /** Milliseconds slept, instead of sleeping. */
  readonly slept: number[];
}

/** The model behind a service, with the planner as it is shipped, prices as they are listed, and pauses that take no time. */
export async function askedModel(
  url: string,
  calls: StateStore,
  { service = {}, rules = {} }: { service?: Partial<Service>; rules?: Partial<CallRules> } = {},
): Promise<AskedModel> {
  const told: string[] = [];
  const slept: number[] = [];
  const options = {
    service: {
      provider: 'openai',
      model: 'gpt-5-mini',
      baseUrl: url,
      key: CANARY_KEY,
      keyName: 'OPENAI_API_KEY',
      chosenBy: 'TURBOBACKEND_MODEL',
      api: 'chat',
      idleMs: 5000,
      ...service,
    },
    rules: { maxCostUsd: null, maxCalls: null, records: 'use', showPrompts: false, ...rules },
    templates: localTemplates(templatesFolder),
    calls,
    prices: listedPrices(),
    clock: {
      now: () => 1_700_000_000,
      elapsedMs: () => performance.now(),
      sleep: async (ms: number) => {
        slept.push(ms);
      },
    },
    progress: (event: ProgressEvent) => told.push('message' in event ? event.message : event.kind),
  } as const;
  const model = openaiModel({ ...options, planner: planner({ lexicon: await shippedLexicon() }) });
  return { model, writer: openaiWriter(options), told, slept };
}
