import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/domain/decision.ts';
import { TurboError } from '../../../../src/domain/errors.ts';
import { parseRequest } from '../../../../src/domain/request.ts';
import {
  type Answer,
  type AskedModel,
  askedModel,
  CANARY_KEY,
  completion,
  faultyService,
  json,
  lendMetadata,
} from '../../../support/model-service.ts';

/** Every fault of a model service ends in an error of a name, or is got over; never in a hang, a crash or a leak. */

const metadata = lendMetadata();
let number = 0;

const GOOD = JSON.stringify({ needsDatabase: true, reason: 'Falcons are kept.', confidence: 0.9, signals: ['keeps'] });

interface Outcome extends AskedModel {
  readonly decision: Decision | null;
  readonly error: TurboError | null;
  readonly asked: number;
}

/** Asks for a decision about a request that nobody asked for before. */
async function detectWith(answer: Answer, options: Parameters<typeof askedModel>[2] = {}): Promise<Outcome> {
  const service = await faultyService(answer);
  const asked = await askedModel(service.url, metadata.open(), options);
  number += 1;
  const request = parseRequest(`a falconry club keeps its falcons, number ${number}`);
  try {
    const decision = await asked.model.detect(request);
    return { ...asked, decision, error: null, asked: service.requests.length };
  } catch (error) {
    if (!(error instanceof TurboError)) throw error;
    const shown = JSON.stringify([error.message, error.hint, error.details, asked.told]);
    expect(shown).not.toContain(CANARY_KEY);
    expect(error.hint).toBeTruthy();
    return { ...asked, decision: null, error, asked: service.requests.length };
  } finally {
    await service.stop();
  }
}

/** Server-sent events of Chat Completions; what stands in `parts` is the text. */
function stream(response: ServerResponse, parts: readonly string[], end: 'whole' | 'cut' | 'broken' | 'silent'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`);
  for (const content of parts) send({ choices: [{ delta: { content }, finish_reason: null }] });
  if (end === 'broken') setTimeout(() => response.destroy(), 50);
  if (end === 'cut') response.end();
  if (end !== 'whole') return;
  send({ choices: [{ delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } });
  response.end('data: [DONE]\n\n');
}

const refusal = (code: string, message: string) => JSON.stringify({ error: { code, message, type: 'x' } });

const FAULTS: readonly [string, { answer: Answer; code: string; says: RegExp; asked?: number }][] = [
  [
    'a key that is not accepted is named by its variable, and the service may repeat it in vain',
    {
      answer: (response) => json(response, refusal('invalid_api_key', `Incorrect API key: ${CANARY_KEY}`), 401),
      code: 'model.denied',
      says: /OPENAI_API_KEY/,
    },
  ],
  [
    'a model nobody knows names the setting',
    {
      answer: (response) => json(response, refusal('model_not_found', 'The model does not exist'), 404),
      code: 'model.unknown',
      says: /gpt-5-mini.*TURBOBACKEND_MODEL/,
    },
  ],
  [
    'a deprecated model names the setting, whatever the status',
    {
      answer: (response) => json(response, refusal('x', 'The model `gpt-5-mini` has been deprecated'), 400),
      code: 'model.unknown',
      says: /TURBOBACKEND_MODEL/,
    },
  ],
  [
    'a wait of an hour is told and not waited for',
    {
      answer: (response) => json(response, refusal('rate_limit', 'slow down'), 429, { 'retry-after': '3600' }),
      code: 'model.limited',
      says: /60 minutes/,
    },
  ],
  [
    'an account without credit is not asked again',
    {
      answer: (response) => json(response, refusal('insufficient_quota', 'You exceeded your quota'), 429),
      code: 'model.limited',
      says: /nothing left/,
    },
  ],
  [
    'a service that fails three times is given up',
    { answer: (response) => json(response, 'oops', 503), code: 'model.failed', says: /503/, asked: 3 },
  ],
  [
    'an error inside of a good answer is an error',
    {
      answer: (response) => json(response, JSON.stringify({ error: { code: 402, message: 'no credits' } })),
      code: 'model.limited',
      says: /nothing left/,
    },
  ],
  [
    'a web page is not the API',
    {
      answer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'),
      code: 'model.not_api',
      says: /not an OpenAI-compatible/,
    },
  ],
  [
    'other JSON is not the API',
    { answer: (response) => json(response, '{"hello":"world"}'), code: 'model.not_api', says: /not an OpenAI/ },
  ],
  [
    'a redirect is not followed, the key stays',
    {
      answer: (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      code: 'model.unreachable',
      says: /cannot be reached/,
      asked: 3,
    },
  ],
  [
    'a refusal is shown as such, without control characters',
    {
      answer: (response) => json(response, completion(null, { refusal: 'I can\u001b]52;c;x\u0007 not' })),
      code: 'model.refused',
      says: /I can\]52;c;x not/,
    },
  ],
  [
    'a filtered answer is a refusal',
    {
      answer: (response) => json(response, completion('{}', { finish_reason: 'content_filter' })),
      code: 'model.refused',
      says: /no answer/,
    },
  ],
  [
    'no choices at all are no answer',
    { answer: (response) => json(response, '{"choices":[]}'), code: 'model.refused', says: /no answer/ },
  ],
  [
    'an empty answer is no answer',
    { answer: (response) => json(response, completion(null)), code: 'model.refused', says: /no answer/ },
  ],
  [
    'an answer that is always too long is never used',
    {
      answer: (response) => json(response, completion(GOOD, { finish_reason: 'length' })),
      code: 'model.unusable',
      says: /too long/,
    },
  ],
  [
    'a stream that ends early but cleanly is cut off',
    { answer: (response) => stream(response, [GOOD], 'cut'), code: 'model.unreachable', says: /cut off/, asked: 3 },
  ],
  [
    'a connection that breaks in the middle is tried again, then told',
    { answer: (response) => stream(response, [GOOD], 'broken'), code: 'model.unreachable', says: /reached/, asked: 3 },
  ],
  [
    'an answer of the wrong shape is told with its places',
    {
      answer: (response, count) => json(response, completion(`{"needsDatabase":"perhaps","n":${count}}`)),
      code: 'model.unusable',
      says: /needsDatabase: Invalid input/,
      asked: 3,
    },
  ],
  [
    'a model that repeats itself is not asked a third time',
    { answer: (response) => json(response, completion('no')), code: 'model.unusable', says: /not JSON/, asked: 2 },
  ],
];

test.each(FAULTS)('%s', async (_name, { answer, code, says, asked }) => {
  const outcome = await detectWith(answer);
  expect(outcome.error?.code).toBe(code);
  expect(outcome.error?.message).toMatch(says);
  if (asked !== undefined) expect(outcome.asked).toBe(asked);
});

test('a service that accepts the connection and never answers is given up after the silence allowed', async () => {
  const outcome = await detectWith(() => {}, { service: { idleMs: 300 } });
  expect(outcome.error?.code).toBe('model.timeout');
  expect(outcome.asked).toBe(1);
});

test('a stream that stops in the middle is given up after the silence allowed', async () => {
  const outcome = await detectWith((response) => stream(response, ['{"needs'], 'silent'), { service: { idleMs: 300 } });
  expect(outcome.error?.code).toBe('model.timeout');
});

test('a stream that drips for ever is given up in the end', async () => {
  const outcome = await detectWith(
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const drip = setInterval(() => response.write(': still thinking\n\n'), 20);
      response.once('close', () => clearInterval(drip));
    },
    { service: { idleMs: 100 } },
  );
  expect(outcome.error?.code).toBe('model.timeout');
  expect(outcome.error?.message).toMatch(/did not come to an end/);
});

test('an answer of hundreds of megabytes is stopped at eight', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const outcome = await detectWith((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (sent < 300 && !response.destroyed) {
        sent += 1;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
    };
    more();
  });
  expect(outcome.error?.code).toBe('model.unusable');
  expect(outcome.error?.message).toMatch(/8 MB/);
  expect(sent).toBeLessThan(100);
});

test('nobody at the address: three attempts, then it is told', async () => {
  const gone = await faultyService(() => {});
  await gone.stop();
  const { model, slept } = await askedModel(gone.url, metadata.open());
  await expect(model.detect(parseRequest('a club of nobody'))).rejects.toMatchObject({
    code: 'model.unreachable',
    message: expect.stringMatching(/ECONNREFUSED/),
  });
  expect(slept).toEqual([500, 1000]);
});

const MENDED: readonly [string, { first: (response: ServerResponse) => void; asked: number; slept?: number[] }][] = [
  ['one failure of the service', { first: (response) => json(response, 'oops', 500), asked: 2, slept: [500] }],
  [
    'a short wait that is asked for',
    { first: (response) => json(response, '{}', 429, { 'retry-after': '2' }), asked: 2, slept: [2000] },
  ],
  ['a stream that was cut', { first: (response) => stream(response, ['{"ne'], 'cut'), asked: 2 }],
  [
    'an answer that was too long',
    { first: (response) => json(response, completion('{"needs', { finish_reason: 'length' })), asked: 2 },
  ],
  ['an answer that is no JSON', { first: (response) => json(response, completion('Sure! Yes.')), asked: 2 }],
  [
    'prose around one block',
    { first: (response) => json(response, completion(`Sure:\n\`\`\`json\n${GOOD}\n\`\`\`\nBye`)), asked: 1 },
  ],
  [
    'two blocks, of which nobody knows which is meant',
    { first: (response) => json(response, completion(`\`\`\`\n${GOOD}\n\`\`\`\n\`\`\`\n{}\n\`\`\``)), asked: 2 },
  ],
  [
    'a service that knows no JSON schemas',
    {
      first: (response) => json(response, refusal('x', "'response_format' of type json_schema is not supported"), 400),
      asked: 2,
    },
  ],
];

test.each(MENDED)('%s is got over', async (_name, { first, asked, slept }) => {
  const outcome = await detectWith((response, count) =>
    count === 1 ? first(response) : stream(response, [GOOD.slice(0, 20), GOOD.slice(20)], 'whole'),
  );
  expect(outcome.decision).toMatchObject({ needsDatabase: true, confidence: 0.9, decidedBy: 'openai/gpt-5-mini' });
  expect(outcome.asked).toBe(asked);
  if (slept) expect(outcome.slept).toEqual(slept);
});

test('nothing that a terminal could misread comes out of a decision, and nothing endless', async () => {
  const wild = {
    needsDatabase: true,
    reason: `\u001b[2J\u202ehidden ${'x'.repeat(5000)}`,
    confidence: 7,
    signals: Array(99).fill('\u0007a'),
  };
  const { decision } = await detectWith((response) => json(response, completion(JSON.stringify(wild))));
  expect(decision?.reason).toMatch(/^\[2Jhidden x+$/);
  expect(decision?.reason.length).toBeLessThanOrEqual(300);
  expect(decision).toMatchObject({ confidence: 1, signals: Array(12).fill('a') });
});

test('the key goes into its header, and nowhere else', async () => {
  const service = await faultyService((response) => json(response, completion(GOOD)));
  const { model, told } = await askedModel(service.url, metadata.open(), { rules: { showPrompts: true } });
  await model.detect(parseRequest('a club whose key is looked for'));
  await service.stop();
  expect(service.requests.map(({ authorization }) => authorization)).toEqual([`Bearer ${CANARY_KEY}`]);
  expect(service.requests[0]?.body).not.toContain(CANARY_KEY);
  expect(told.join('\n')).not.toContain(CANARY_KEY);
  expect(told.join('\n')).toContain('a club whose key is looked for');
});
