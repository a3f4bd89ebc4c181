import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { TurboError } from '../../../../src/domain/errors.ts';
import { parseRequest } from '../../../../src/domain/request.ts';
import type { ToolCall } from '../../../../src/ports/writer.ts';
import {
  askedModel,
  completion,
  type FaultyService,
  faultyService,
  json,
  lendMetadata,
} from '../../../support/model-service.ts';

/** Services that call themselves compatible differ; each difference works, or ends in an error that says what to do. */

const store = lendMetadata().open();
const DECISION = JSON.stringify({ needsDatabase: true, reason: 'Kept.', confidence: 0.9, signals: [] });
let number = 0;

type Options = NonNullable<Parameters<typeof askedModel>[2]>;
type Body = Readonly<Record<string, unknown>> & { readonly messages: readonly unknown[] };

const bodyOf = (service: FaultyService, count: number): Body => JSON.parse(service.requests[count - 1]?.body ?? '{}');

/** Asks for a decision, and gives back what came of it with the bodies that were sent. */
async function detect(answer: (response: ServerResponse, body: Body, count: number) => void, options: Options = {}) {
  const service = await faultyService((response, count) => answer(response, bodyOf(service, count), count));
  number += 1;
  const request = parseRequest(`falcons that a service knows in its own way, number ${number}`);
  const { model } = await askedModel(service.url, store, options);
  const asked = model.detect(request).catch((error: unknown) => error);
  const outcome = await asked;
  await service.stop();
  return { outcome, bodies: service.requests.map((_, index) => bodyOf(service, index + 1)) };
}

const TOOLS = [
  {
    name: 'write_file',
    description: 'Writes a file.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
  },
];

/** Lets a model use tools for as many turns as there are answers. */
async function talk(answers: readonly ((response: ServerResponse) => void)[], options: Options = {}) {
  const service = await faultyService((response, count) => answers[count - 1]?.(response));
  number += 1;
  const { writer } = await askedModel(service.url, store, options);
  const messages: Parameters<typeof writer.say>[0][number][] = [{ role: 'user', content: `Write file ${number}.` }];
  const turns: (readonly ToolCall[])[] = [];
  try {
    while (turns.length < answers.length) {
      const { text, calls } = await writer.say(messages, TOOLS, { projectId: 'p'.repeat(16) });
      turns.push(calls);
      messages.push({ role: 'assistant', content: text, calls });
      messages.push(...calls.map(({ id }) => ({ role: 'tool' as const, callId: id, content: 'Written.' })));
    }
    return { turns, service };
  } finally {
    await service.stop();
  }
}

function stream(response: ServerResponse, chunks: readonly object[], end = 'data: [DONE]\n\n'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end);
}

const piece = (call: object) => ({ choices: [{ delta: { tool_calls: [call] }, finish_reason: null }] });
const ended = (reason = 'tool_calls') => ({ choices: [{ delta: {}, finish_reason: reason }] });
const file = (path: string) => ({ name: 'write_file', arguments: JSON.stringify({ path }) });

const SAID: readonly [string, { answer: (response: ServerResponse) => void; want: readonly Partial<ToolCall>[] }][] = [
  [
    'calls without id and index, one a piece',
    {
      answer: (response) =>
        stream(response, [piece({ function: file('a') }), piece({ function: file('b') }), ended('stop')]),
      want: [
        { id: 'call_0', ...file('a') },
        { id: 'call_1', ...file('b') },
      ],
    },
  ],
  [
    'calls that are all number 0',
    {
      answer: (response) =>
        stream(response, [
          piece({ index: 0, id: 'x', function: file('a') }),
          piece({ index: 0, id: 'y', function: file('b') }),
          ended(),
        ]),
      want: [
        { id: 'x', ...file('a') },
        { id: 'y', ...file('b') },
      ],
    },
  ],
  [
    'the id and the name again in each piece',
    {
      answer: (response) =>
        stream(response, [
          piece({ index: 0, id: 'x', function: { name: 'write_file', arguments: '{"path":' } }),
          piece({ index: 0, id: 'x', function: { name: 'write_file', arguments: '"a"}' } }),
          ended(),
        ]),
      want: [{ id: 'x', ...file('a') }],
    },
  ],
  [
    'two calls with one id',
    {
      answer: (response) =>
        json(
          response,
          JSON.stringify({
            choices: [
              {
                message: {
                  content: null,
                  tool_calls: [
                    { id: 'x', function: file('a') },
                    { id: 'x', function: file('b') },
                  ],
                },
                finish_reason: 'tool_calls',
              },
            ],
          }),
        ),
      want: [
        { id: 'x', ...file('a') },
        { id: 'call_1', ...file('b') },
      ],
    },
  ],
  [
    'arguments as an object',
    {
      answer: (response) =>
        stream(response, [
          piece({ index: 0, id: 'x', function: { name: 'write_file', arguments: { path: 'a' } } }),
          ended(),
        ]),
      want: [{ id: 'x', ...file('a') }],
    },
  ],
];

test.each(SAID)('%s are the calls that were meant', async (_name, { answer, want }) => {
  const { turns } = await talk([answer]);
  expect(turns).toEqual([want]);
});

test('what Gemini and OpenRouter sign of their thoughts is sent back with the calls, also when it is replayed', async () => {
  const google = { google: { thought_signature: 'c2lnbmVk' } };
  const sealed = { type: 'reasoning.encrypted', data: 'c2VhbGVk', index: 0 };
  const reasoning_details = [{ type: 'reasoning.text', text: 'Hm' }, sealed];
  const delta = { reasoning_details, tool_calls: [{ index: 0, id: 'x', function: file('a'), extra_content: google }] };
  const { service } = await talk([
    (response) => stream(response, [{ choices: [{ delta, finish_reason: null }] }, ended()]),
    (response) => stream(response, [piece({ index: 0, id: 'y', function: file('b') }), ended()]),
  ]);
  expect(bodyOf(service, 2).messages[1]).toEqual({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'x', type: 'function', function: file('a'), extra_content: google }],
    reasoning_details: [sealed],
  });
  number -= 1;
  const again = await talk([() => {}, () => {}], { rules: { records: 'only' } });
  expect(again.turns[0]).toMatchObject([{ id: 'x', extra: { extra_content: google, reasoning_details: [sealed] } }]);
  expect(again.service.requests).toEqual([]);
});

const READ: readonly [string, (response: ServerResponse) => void][] = [
  [
    'a text in parts, with thoughts beside it',
    (response) =>
      json(
        response,
        JSON.stringify({
          choices: [
            {
              message: {
                content: [
                  { type: 'thinking', thinking: [{ type: 'text', text: 'no' }] },
                  { type: 'text', text: DECISION },
                ],
              },
              finish_reason: 'stop',
            },
          ],
        }),
      ),
  ],
  [
    'thoughts in a field of their own',
    (response) =>
      stream(response, [
        { choices: [{ delta: { reasoning_content: '{"needsDatabase": false}', content: null } }] },
        { choices: [{ delta: { content: DECISION }, finish_reason: 'stop' }] },
      ]),
  ],
  ['thoughts before the answer', (response) => json(response, completion(`<think>Is it {kept}?</think>\n${DECISION}`))],
  [
    'a stream without its last line',
    (response) => stream(response, [{ choices: [{ delta: { content: DECISION }, finish_reason: 'stop' }] }], ''),
  ],
  ['no usage', (response) => json(response, completion(DECISION, { usage: null }))],
  ['usage that is no number', (response) => json(response, completion(DECISION, { usage: { prompt_tokens: 'many' } }))],
];

test.each(READ)('%s is read as the answer it is', async (_name, answer) => {
  expect((await detect(answer)).outcome).toMatchObject({ needsDatabase: true, reason: 'Kept.' });
});

test('what a call cost that tells no usage is not known, and counts as much as it may have been', async () => {
  const caller = { projectId: 'unmetered'.padEnd(16, '0') };
  const service = await faultyService((response) => json(response, completion(DECISION, { usage: null })));
  const { model } = await askedModel(service.url, store, { rules: { maxCostUsd: 0.009 } });
  expect(await model.detect(parseRequest('falcons without a meter'), caller)).toMatchObject({ costUsd: null });
  await expect(model.detect(parseRequest('falcons without a meter, again'), caller)).rejects.toMatchObject({
    code: 'limit.reached',
  });
  await service.stop();
  expect(service.requests).toHaveLength(1);
});

const gemini = (message: string, status = 'INVALID_ARGUMENT', code = 400) =>
  JSON.stringify([{ error: { code, message, status } }]);
const unknownName = (name: string) =>
  gemini(`Invalid JSON payload received. Unknown name "${name}": Cannot find field.`);

const CONCEDED: readonly [string, { refuses: (body: Body) => string | null; mended: (body: Body) => void }][] = [
  [
    'max_completion_tokens',
    {
      refuses: (body) => ('max_completion_tokens' in body ? unknownName('max_completion_tokens') : null),
      mended: (body) => expect(body).toMatchObject({ max_tokens: 4000 }),
    },
  ],
  [
    'stream_options',
    {
      refuses: (body) =>
        'stream_options' in body ? '{"detail":"Extra inputs are not permitted: stream_options"}' : null,
      mended: (body) => expect(body).toHaveProperty('stream', true),
    },
  ],
  [
    'so many tokens of an answer',
    {
      refuses: (body) =>
        Number(body.max_completion_tokens) > 2048
          ? '{"error":{"message":"max_tokens is too large: 4000. This model supports at most 2048 completion tokens."}}'
          : null,
      mended: (body) => expect(body).toHaveProperty('max_completion_tokens', 2048),
    },
  ],
  [
    'all of it, one after the other',
    {
      refuses: (body) =>
        ['response_format', 'max_completion_tokens', 'stream_options']
          .filter((name) => name in body)
          .map(unknownName)[0] ?? null,
      mended: (body) => expect(JSON.stringify(body.messages)).toContain('It has to fit this JSON schema'),
    },
  ],
];

test.each(CONCEDED)('a service that does not know %s is asked without', async (_name, { refuses, mended }) => {
  const { outcome, bodies } = await detect((response, body) => {
    const refusal = refuses(body);
    if (refusal === null) json(response, completion(DECISION));
    else json(response, refusal, 400);
  });
  expect(outcome).toMatchObject({ needsDatabase: true });
  mended(bodies.at(-1) ?? { messages: [] });
});

test('tools are said without what a service does not know of them, and it is not asked with it again', async () => {
  const refuse = (message: string) => (response: ServerResponse) => json(response, gemini(message), 400);
  const good = (response: ServerResponse) =>
    stream(response, [piece({ index: 0, id: 'x', function: file('a') }), ended()]);
  const service = await faultyService(
    (response, count) =>
      [
        refuse(`Unknown name "strict" at 'tools[0].function': Cannot find field.`),
        refuse(`Unknown name "additionalProperties" at 'tools[0].function.parameters': Cannot find field.`),
      ][count - 1]?.(response) ?? (count > 2 ? good(response) : undefined),
  );
  const { writer } = await askedModel(service.url, store);
  const say = (content: string) => writer.say([{ role: 'user', content }], TOOLS, { projectId: 'p'.repeat(16) });
  await say('Write strictly.');
  await say('Write strictly again.');
  await service.stop();
  const tools = service.requests.map((_, index) => JSON.stringify(bodyOf(service, index + 1).tools));
  expect(tools.map((text) => [text.includes('"strict"'), text.includes('additionalProperties')])).toEqual([
    [true, true],
    [false, true],
    [false, false],
    [false, false],
  ]);
});

test('Ollama is told the end of an answer in the word it knows, and the schema also in words', async () => {
  const { bodies } = await detect((response) => json(response, completion(DECISION)), {
    service: { provider: 'ollama', model: 'qwen3:8b', key: undefined },
  });
  expect(bodies[0]).toMatchObject({ max_tokens: 4000, response_format: { type: 'json_schema' } });
  expect(bodies[0]).not.toHaveProperty('max_completion_tokens');
  expect(JSON.stringify(bodies[0]?.messages)).toContain('It has to fit this JSON schema');
});

const REFUSED: readonly [
  string,
  { status: number; body: string; provider?: string; code: string; says: RegExp; hint: RegExp },
][] = [
  [
    'a key that Gemini does not know',
    {
      status: 400,
      body: gemini('API key not valid. Please pass a valid API key.'),
      code: 'model.denied',
      says: /OPENAI_API_KEY/,
      hint: /Set a valid/,
    },
  ],
  [
    'a key that xAI does not know',
    {
      status: 400,
      body: '{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***ey."}',
      code: 'model.denied',
      says: /400/,
      hint: /Set a valid/,
    },
  ],
  [
    'a quota of Gemini, with its wait in words',
    {
      status: 429,
      body: gemini('You exceeded your current quota. Please retry in 54.07s.', 'RESOURCE_EXHAUSTED', 429),
      code: 'model.limited',
      says: /wait 55 s/,
      hint: /later/,
    },
  ],
  [
    'too many requests without a word about when',
    { status: 429, body: '{}', code: 'model.limited', says: /no more requests/, hint: /later/ },
  ],
  [
    'an account of OpenRouter without credit',
    {
      status: 402,
      body: '{"error":{"code":402,"message":"Insufficient credits"}}',
      code: 'model.limited',
      says: /nothing left/,
      hint: /Top it up/,
    },
  ],
  [
    'a request that is flagged',
    {
      status: 403,
      body: '{"error":{"code":403,"message":"Input was flagged by moderation"}}',
      code: 'model.refused',
      says: /flagged/,
      hint: /other words/,
    },
  ],
  [
    'a filter before the model',
    {
      status: 400,
      body: '{"error":{"code":"content_filter","message":"The response was filtered"}}',
      code: 'model.refused',
      says: /filtered/,
      hint: /other words/,
    },
  ],
  [
    'a question that is too long',
    {
      status: 400,
      body: '{"error":{"code":"context_length_exceeded","message":"maximum context length is 8192 tokens"}}',
      code: 'model.failed',
      says: /longer than/,
      hint: /larger context/,
    },
  ],
  [
    'a model that Ollama has not fetched',
    {
      status: 404,
      body: '{"error":{"message":"model \\"qwen3:8b\\" not found, try pulling it first"}}',
      provider: 'ollama',
      code: 'model.unknown',
      says: /gpt-5-mini/,
      hint: /ollama pull gpt-5-mini/,
    },
  ],
  [
    'a model that cannot use tools',
    {
      status: 400,
      body: '{"error":{"message":"registry.ollama.ai/library/gemma:latest does not support tools"}}',
      provider: 'ollama',
      code: 'model.failed',
      says: /cannot use tools/,
      hint: /config set model\.write/,
    },
  ],
  [
    'no provider whose model can use tools',
    {
      status: 404,
      body: '{"error":{"message":"No endpoints found that support tool use.","code":404}}',
      code: 'model.failed',
      says: /cannot use tools/,
      hint: /model\.write/,
    },
  ],
  [
    'a path that is not there',
    {
      status: 404,
      body: '404 page not found',
      code: 'model.not_api',
      says: /not an OpenAI-compatible/,
      hint: /model\.url/,
    },
  ],
  [
    'a web page that says no',
    {
      status: 503,
      body: `<html>${'busy '.repeat(500)}</html>`,
      code: 'model.failed',
      says: /^[^<]*\(503\)\.$/,
      hint: /again/,
    },
  ],
];

test.each(REFUSED)(
  '%s is told as what it is, with what to do',
  async (_name, { status, body, provider, code, says, hint }) => {
    const { outcome } = await detect(
      (response) => json(response, body, status),
      provider ? { service: { provider } } : {},
    );
    expect(outcome).toBeInstanceOf(TurboError);
    expect(outcome).toMatchObject({ code, message: expect.stringMatching(says), hint: expect.stringMatching(hint) });
  },
);

test('the Responses API where there is none is told with the setting that mends it', async () => {
  const { outcome } = await detect((response) => json(response, 'Not Found', 404), { service: { api: 'responses' } });
  expect(outcome).toMatchObject({ code: 'model.not_api', hint: expect.stringContaining('config set model.api chat') });
});

const BROKEN: readonly [string, (response: ServerResponse) => void, string][] = [
  [
    'a call that Gemini could not read',
    (response) => stream(response, [ended('function_call_filter: MALFORMED_FUNCTION_CALL')]),
    'model.failed',
  ],
  [
    'an error in the middle of a stream',
    (response) =>
      stream(response, [
        { choices: [{ delta: { content: '{"needs' } }] },
        { error: { code: 502, message: 'Provider disconnected' }, choices: [{ delta: {}, finish_reason: 'error' }] },
      ]),
    'model.failed',
  ],
  [
    'an error in place of a choice',
    (response) => json(response, '{"choices":[{"error":{"code":502,"message":"Provider is down"}}]}'),
    'model.failed',
  ],
  ['an error that is a text', (response) => json(response, '{"error":"the server is overloaded"}'), 'model.failed'],
  [
    'packed bytes that cannot be unpacked',
    (response) => json(response, 'not gzip at all', 200, { 'content-encoding': 'gzip' }),
    'model.unreachable',
  ],
];

test.each(BROKEN)('%s is tried again, and told when it stays so', async (_name, answer, code) => {
  const stays = await detect(answer);
  expect(stays.outcome).toMatchObject({ code, hint: expect.stringContaining('--model') });
  expect(stays.bodies).toHaveLength(3);
  const passes = await detect((response, _body, count) =>
    count === 1 ? answer(response) : json(response, completion(DECISION)),
  );
  expect(passes.outcome).toMatchObject({ needsDatabase: true });
});

test.each([301, 302, 303, 307, 308])('the key does not follow a redirect (%i) to somebody else', async (status) => {
  const elsewhere = await faultyService((response) => json(response, completion(DECISION)));
  const { outcome } = await detect((response) =>
    response.writeHead(status, { location: `${elsewhere.url}/chat/completions` }).end(),
  );
  await elsewhere.stop();
  expect(outcome).toMatchObject({ code: 'model.unreachable' });
  expect(elsewhere.requests).toEqual([]);
});
