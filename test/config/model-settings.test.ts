import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSetting, chooseModels, loadConfig, type ModelFlags, type ModelService } from '../../src/config.ts';
import { TurboError } from '../../src/domain/errors.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

type Environment = Readonly<Record<string, string>>;

const KEY = 'sk-canary-of-settings';

function choose(env: Environment, model: ModelFlags = {}) {
  return chooseModels(loadConfig('/', { TURBOBACKEND_HOME: '/nowhere', ...env }, { model }).models);
}

const shown = (service: ModelService | null) =>
  service ? `${service.provider}/${service.model} ${service.baseUrl}` : 'planner';

const CHOICES: readonly [string, { env: Environment; flag?: string; want: string }][] = [
  ['nothing is said', { env: {}, want: 'planner' }],
  ['only a key is there', { env: { OPENAI_API_KEY: KEY }, want: 'openai/gpt-5.4-mini https://api.openai.com/v1' }],
  ['only the key of xAI is there', { env: { XAI_API_KEY: KEY }, want: 'xai/grok-4.3 https://api.x.ai/v1' }],
  [
    'only the key of Gemini is there',
    {
      env: { GEMINI_API_KEY: KEY },
      want: 'gemini/gemini-3-flash-preview https://generativelanguage.googleapis.com/v1beta/openai',
    },
  ],
  [
    'a key is there, and nobody is to be asked',
    { env: { OPENAI_API_KEY: KEY, TURBOBACKEND_MODEL: 'planner' }, want: 'planner' },
  ],
  [
    'the option overrules the environment',
    {
      env: { OPENAI_API_KEY: KEY, TURBOBACKEND_MODEL: 'planner' },
      flag: 'gpt-5',
      want: 'openai/gpt-5 https://api.openai.com/v1',
    },
  ],
  [
    'a name tells whose it is',
    { env: { XAI_API_KEY: KEY, OPENAI_API_KEY: KEY }, flag: 'grok-4', want: 'xai/grok-4 https://api.x.ai/v1' },
  ],
  [
    'a name has slashes of its own',
    {
      env: { OPENROUTER_API_KEY: KEY },
      flag: 'openrouter/anthropic/claude-sonnet-4.5',
      want: 'openrouter/anthropic/claude-sonnet-4.5 https://openrouter.ai/api/v1',
    },
  ],
  [
    'Ollama needs no key',
    { env: {}, flag: 'ollama/llama3.1:8b', want: 'ollama/llama3.1:8b http://localhost:11434/v1' },
  ],
  [
    'an address without a path gets /v1',
    {
      env: { TURBOBACKEND_MODEL_URL: 'http://gateway:4000/' },
      flag: 'mine',
      want: 'openai/mine http://gateway:4000/v1',
    },
  ],
  [
    'an address alone is a wish for a model',
    { env: { TURBOBACKEND_MODEL_URL: 'http://gateway/api/v3/' }, want: 'openai/gpt-5.4-mini http://gateway/api/v3' },
  ],
];

test.each(CHOICES)('%s', (_name, { env, flag, want }) => {
  const { detect, design } = choose(env, flag === undefined ? {} : { model: flag });
  expect([shown(detect), shown(design)]).toEqual([want, want]);
});

const REFUSED: readonly [string, { env: Environment; flag?: string; says: RegExp }][] = [
  [
    'a model without its key',
    { env: {}, flag: 'openai/gpt-5', says: /--model names openai, and OPENAI_API_KEY is not set/ },
  ],
  ['a model of nobody', { env: { OPENAI_API_KEY: KEY }, flag: 'llama3.1', says: /not whose it is/ }],
  [
    'a name that is none',
    { env: { TURBOBACKEND_MODEL: 'gpt-5; rm -rf /' }, says: /TURBOBACKEND_MODEL is not the name/ },
  ],
  [
    'an address with a login in it',
    { env: { TURBOBACKEND_MODEL_URL: `https://u:${KEY}@host/v1` }, says: /TURBOBACKEND_MODEL_URL is not the address/ },
  ],
  [
    'an address of something else',
    { env: { TURBOBACKEND_MODEL_URL: 'file:///etc/passwd' }, says: /is not the address/ },
  ],
  [
    'an API nobody knows',
    { env: { OPENAI_API_KEY: KEY, TURBOBACKEND_MODEL_API: 'soap' }, says: /is not chat or responses/ },
  ],
  ['a silence without end', { env: { OPENAI_API_KEY: KEY, TURBOBACKEND_MODEL_TIMEOUT: '1e9' }, says: /from 1 to 600/ }],
];

test.each(REFUSED)(
  '%s is refused when a model is to be asked, and nothing is repeated',
  (_name, { env, flag, says }) => {
    const refusal = () => choose(env, flag === undefined ? {} : { model: flag });
    expect(refusal).toThrow(TurboError);
    expect(refusal).toThrow(says);
    expect(refusal).not.toThrow(KEY);
  },
);

test('each phase may have a saved model of its own, and what is saved is checked', async () => {
  await withTemporaryFolder((home) => {
    mkdirSync(home, { recursive: true });
    const saved = {
      model: 'xai/grok-4',
      'model.design': 'openai/gpt-5.4',
      'model.api': 'responses',
      'model.timeout': '7',
    };
    writeFileSync(join(home, 'config.json'), JSON.stringify(saved));
    const { detect, design } = choose({ TURBOBACKEND_HOME: home, OPENAI_API_KEY: KEY, XAI_API_KEY: KEY });
    expect(detect).toMatchObject({ provider: 'xai', model: 'grok-4', chosenBy: 'model', keyName: 'XAI_API_KEY' });
    expect(design).toMatchObject({ model: 'gpt-5.4', chosenBy: 'model.design', api: 'responses', idleMs: 7000 });
  });
  expect(() => checkSetting('model.url', 'nonsense')).toThrow(/model\.url/);
  expect(() => checkSetting('model', 'a model')).toThrow(/model is not/);
});

test('a .env of the folder can neither choose a model nor send a key elsewhere', async () => {
  await withTemporaryFolder((folder) => {
    writeFileSync(
      join(folder, '.env'),
      `TURBOBACKEND_MODEL_URL=http://evil/v1\nTURBOBACKEND_MODEL=evil\nXAI_API_KEY=x\n`,
    );
    const config = loadConfig(folder, { TURBOBACKEND_HOME: '/nowhere', OPENAI_API_KEY: KEY });
    expect(shown(chooseModels(config.models).design)).toBe('openai/gpt-5.4-mini https://api.openai.com/v1');
  });
});
