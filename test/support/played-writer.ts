import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { LLMock } from '@copilotkit/aimock';

/** Models that write endpoints, played by a server that others wrote, with somebody at the door who counts. */

export interface PlayedCall {
  readonly name: string;
  readonly arguments: string;
}

/** What a model does for one request. */
export interface Play {
  readonly name: string;
  readonly request: string;
  /** Null: there is no database. */
  readonly design: object | null;
  readonly plan: {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly purpose: string;
    readonly inputs: string;
    readonly answers: string;
  };
  /** What it does in turn; the last one again and again. */
  readonly turns: readonly (readonly PlayedCall[])[];
  /** More endpoints of the same request. */
  readonly more?: readonly Pick<Play, 'plan' | 'turns'>[];
  /** What it does for sentences that hold certain words. */
  readonly later?: readonly (Pick<Play, 'design' | 'plan' | 'turns'> & { readonly words: string })[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What is wrong with the server that came of it. */
  readonly ask: (url: string) => Promise<readonly string[]>;
}

export interface PlayedModel {
  readonly url: string;
  /** Each request, and whether its answer was sent whole. */
  readonly requests: readonly { readonly body: string; answered: boolean }[];
  /** The request of this number (from 1) gets no answer; `reached` is called instead. */
  hold(number: number, reached: () => void): void;
  stop(): Promise<void>;
}

export const toolCall = (name: string, given: object = {}): PlayedCall => ({ name, arguments: JSON.stringify(given) });

/** What a model does for each operation of a document, by its id. */
export type OperationPlays = Readonly<Record<string, Play['turns']>>;

/** Serves a play at a free port. */
export async function playModel(
  play: Pick<Play, 'design' | 'plan' | 'turns' | 'more' | 'later'>,
): Promise<PlayedModel> {
  return serveMock(await openMock(play));
}

/** Serves what a model does for the operations of a document. */
export async function playOperations(plays: OperationPlays): Promise<PlayedModel> {
  const mock = new LLMock({ port: 0 });
  mock.on({ systemMessage: /You write one operation/ }, ({ messages }) => {
    const brief = messages.find(({ role }) => role === 'user')?.content;
    const { operation }: { operation: string } = JSON.parse(typeof brief === 'string' ? brief : '{}');
    const results = messages.filter(({ role }) => role === 'tool').length;
    return { content: '', toolCalls: turnAfter(results, plays[operation] ?? []) };
  });
  await mock.start();
  return serveMock(mock);
}

async function serveMock(mock: LLMock): Promise<PlayedModel> {
  const requests: { body: string; answered: boolean }[] = [];
  const held = new Map<number, () => void>();
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const own = { body, answered: false };
    const reached = held.get(requests.push(own));
    if (reached) return reached();
    const path = (request.url ?? '').replace(/^\/v1/, '');
    const answer = await fetch(`${mock.url}/v1${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    const text = await answer.text();
    response.on('finish', () => {
      own.answered = true;
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`,
    requests,
    hold: (number, reached) => held.set(number, reached),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await mock.stop();
    },
  };
}

async function openMock(play: Pick<Play, 'design' | 'plan' | 'turns' | 'more' | 'later'>): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  const asked = (messages: readonly { readonly role: string; readonly content?: unknown }[]) => {
    const text = String(messages.find(({ role }) => role === 'user')?.content);
    const isTask = (plan: Play['plan']) => text.includes(`"name": ${JSON.stringify(plan.name)}`);
    return play.later?.find(({ words, plan }) => text.includes(words) || isTask(plan)) ?? play;
  };
  const needsDatabase = play.design !== null;
  const decision = { needsDatabase, reason: 'As it is played.', confidence: 0.9, signals: ['keeps'] };
  mock.on({ systemMessage: /You decide whether/ }, { content: JSON.stringify(decision) });
  mock.on({ systemMessage: /experienced data modeller/ }, ({ messages }) => ({
    content: JSON.stringify(asked(messages).design),
  }));
  mock.on({ systemMessage: /You find out which behaviour/ }, ({ messages }) => ({
    content: JSON.stringify({ endpoints: plansOf(asked(messages), play) }),
  }));
  mock.on({ systemMessage: /You write one endpoint/ }, ({ messages }) => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    const text = String(messages.find(({ role }) => role === 'user')?.content);
    const other = play.more?.find(({ plan }) => text.includes(`"name": ${JSON.stringify(plan.name)}`));
    const toolCalls = turnAfter(results, (other ?? asked(messages)).turns);
    return { content: results === 0 ? 'Now the \u001b[31mhandler\u0007.' : '', toolCalls };
  });
  await mock.start();
  return mock;
}

/** The endpoints of a request itself may be several. */
function plansOf(asked: Pick<Play, 'plan'>, play: Pick<Play, 'plan' | 'more'>): readonly Play['plan'][] {
  return asked === play ? [play.plan, ...(play.more ?? []).map(({ plan }) => plan)] : [asked.plan];
}

/** The turn that comes after so many results; each API tells turns another way, results they all tell alike. */
function turnAfter(results: number, turns: Play['turns']): PlayedCall[] {
  let seen = 0;
  for (const turn of turns) {
    if (seen >= results) return [...turn];
    seen += turn.length;
  }
  return [...(turns.at(-1) ?? [])];
}
