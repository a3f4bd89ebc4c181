import { TurboError } from '../domain/errors.ts';
import { MODEL_PHASES, type ModelPhase } from '../domain/model-cost.ts';
import { invalidSetting, wholeNumber } from './setting-values.ts';

/** A model somebody chose, and how it is reached. */
export interface ModelService {
  /** `openai`, `xai`, `gemini`, `openrouter` or `ollama`. */
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
  /** Undefined where none is needed. */
  readonly key: string | undefined;
  /** Variable the key is read from; for messages. */
  readonly keyName: string;
  /** What names the model, for messages: `TURBOBACKEND_MODEL`. */
  readonly chosenBy: string;
  readonly api: ModelApi;
  /** A call may be silent for so long, and take five times as long in all. */
  readonly idleMs: number;
}

/** The two APIs of OpenAI; compatible services speak the first. */
const MODEL_APIS = ['chat', 'responses'] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

/** What is given for one command only. */
export interface ModelFlags {
  /** `--model`: overrules the environment and what is saved, for all phases. */
  readonly model?: string | undefined;
  /** US dollars a project may cost in all. */
  readonly maxCostUsd?: number | undefined;
  /** Calls a project may make in all. */
  readonly maxCalls?: number | undefined;
  /** `only`: what was recorded, and no network; `ignore`: ask again although an answer is recorded. */
  readonly records?: 'only' | 'ignore' | undefined;
  readonly showPrompts?: boolean | undefined;
  /** `none`: what a model wrote is run without a sandbox, as somebody consented. */
  readonly sandbox?: 'none' | undefined;
}

/** Everything said about models, unread: what is wrong with it matters only to who asks one. */
export interface ModelSettings {
  /** The name for each phase, and where it was said. */
  readonly named: Readonly<Record<ModelPhase, Said | null>>;
  readonly url: Said | null;
  readonly api: Said | null;
  readonly timeout: Said | null;
  /** Keys by the variable they were given in. */
  readonly keys: Readonly<Record<string, string>>;
  readonly flags: ModelFlags;
}

interface Said {
  readonly value: string;
  readonly by: string;
}

interface Preset {
  readonly baseUrl: string;
  /** Null: no key is needed. */
  readonly keyName: string | null;
  /** Asked when only the key is there; null: the model must be named. */
  readonly model: string | null;
  /** How this provider's models are called when nobody says whose they are. */
  readonly names: RegExp | null;
}

const PRESETS: Readonly<Record<string, Preset>> = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    keyName: 'OPENAI_API_KEY',
    model: 'gpt-5.4-mini',
    names: /^(gpt-|chatgpt-|o\d)/,
  },
  xai: { baseUrl: 'https://api.x.ai/v1', keyName: 'XAI_API_KEY', model: 'grok-4.3', names: /^grok-/ },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keyName: 'GEMINI_API_KEY',
    model: 'gemini-3-flash-preview',
    names: /^gemini-/,
  },
  openrouter: { baseUrl: 'https://openrouter.ai/api/v1', keyName: 'OPENROUTER_API_KEY', model: null, names: null },
  ollama: { baseUrl: 'http://localhost:11434/v1', keyName: null, model: null, names: null },
};

const PLANNER = 'planner';
const DEFAULT_IDLE_SECONDS = 60;

type Environment = Readonly<Record<string, string | undefined>>;

/** Gathers what is said about models: options before the environment before what is saved. */
export function modelSettings(
  env: Environment,
  saved: Readonly<Record<string, string | undefined>>,
  flags: ModelFlags,
): ModelSettings {
  const first = (...places: readonly (readonly [string, string | undefined])[]): Said | null => {
    const found = places.find(([, value]) => value !== undefined);
    return found?.[1] === undefined ? null : { by: found[0], value: found[1] };
  };
  const fromEnv = (name: string) => [name, env[name]] as const;
  const fromSaved = (name: string) => [name, saved[name]] as const;
  const named = (phase: ModelPhase) =>
    first(['--model', flags.model], fromEnv('TURBOBACKEND_MODEL'), fromSaved(`model.${phase}`), fromSaved('model'));
  const keyNames = Object.values(PRESETS).flatMap(({ keyName }) => keyName ?? []);
  return {
    named: { detect: named('detect'), design: named('design'), write: named('write') },
    url: first(fromEnv('TURBOBACKEND_MODEL_URL'), fromSaved('model.url')),
    api: first(fromEnv('TURBOBACKEND_MODEL_API'), fromSaved('model.api')),
    timeout: first(fromEnv('TURBOBACKEND_MODEL_TIMEOUT'), fromSaved('model.timeout')),
    keys: Object.fromEntries(keyNames.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    flags,
  };
}

/** Checks a value for a saved setting about models. Throws `config.invalid` naming it. */
export function checkModelSetting(name: string, value: string): void {
  if (name === 'model.url') serviceUrl({ value, by: name });
  else if (name === 'model.api') apiOf({ value, by: name });
  else if (name === 'model.timeout') idleMs({ value, by: name });
  else if (!isName(value)) throw invalidSetting(name, 'the name of a model');
}

/**
 * Who is asked in each phase; null: the built-in planner, which is asked when neither a model nor a key is there.
 * Throws `config.invalid` for what cannot be understood, and for a key that is missing.
 */
export function chooseModels(settings: ModelSettings): Readonly<Record<ModelPhase, ModelService | null>> {
  const [detect, design, write] = MODEL_PHASES.map((phase) => chooseModel(settings.named[phase], settings));
  return { detect: detect ?? null, design: design ?? null, write: write ?? null };
}

function chooseModel(said: Said | null, settings: ModelSettings): ModelService | null {
  if (said?.value === PLANNER) return null;
  const chosen = said === null ? byKey(settings) : byName(said, settings);
  if (chosen === null) return null;
  const preset = PRESETS[chosen.provider];
  const keyName = preset?.keyName ?? 'OPENAI_API_KEY';
  const key = preset?.keyName ? settings.keys[preset.keyName] : undefined;
  // A service at an address of one's own may need no key.
  if (key === undefined && preset?.keyName && settings.url === null) {
    throw new TurboError('config.invalid', `${chosen.by} names ${chosen.provider}, and ${keyName} is not set.`, {
      hint: `Set ${keyName} in the environment, or ask nobody: --model ${PLANNER}`,
    });
  }
  return {
    provider: chosen.provider,
    model: chosen.model,
    baseUrl: settings.url ? serviceUrl(settings.url) : (preset?.baseUrl ?? ''),
    key,
    keyName,
    chosenBy: chosen.by,
    api: apiOf(settings.api),
    idleMs: idleMs(settings.timeout),
  };
}

interface Chosen {
  readonly provider: string;
  readonly model: string;
  readonly by: string;
}

/** Nobody named a model: a key, or an address, says that one is wished. */
function byKey({ keys, url }: ModelSettings): Chosen | null {
  for (const [provider, { keyName, model }] of Object.entries(PRESETS)) {
    if (keyName !== null && model !== null && keys[keyName] !== undefined) return { provider, model, by: keyName };
  }
  const model = PRESETS.openai?.model;
  return url === null || !model ? null : { provider: 'openai', model, by: url.by };
}

function byName({ value, by }: Said, { url }: ModelSettings): Chosen {
  if (!isName(value)) throw invalidSetting(by, 'the name of a model');
  const slash = value.indexOf('/');
  const provider = value.slice(0, Math.max(slash, 0));
  if (Object.hasOwn(PRESETS, provider)) return { provider, model: value.slice(slash + 1), by };
  const known = Object.entries(PRESETS).find(([, { names }]) => names?.test(value));
  if (known) return { provider: known[0], model: value, by };
  if (url !== null) return { provider: 'openai', model: value, by };
  throw new TurboError('config.invalid', `${by} names a model, and not whose it is.`, {
    hint: `Put the provider before it, for example ollama/<model>: ${Object.keys(PRESETS).join(', ')}`,
  });
}

function isName(value: string): boolean {
  return /^[A-Za-z0-9][\w.:/@+-]{0,120}$/.test(value) && !value.endsWith('/');
}

/** `http(s)://…` without login, query and slash at the end; `/v1` is added where nothing stands behind the host. */
function serviceUrl({ value, by }: Said): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw invalidSetting(by, 'the address of a service, like https://host/v1');
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? '/v1' : path}`;
}

function apiOf(said: Said | null): ModelApi {
  if (said === null) return 'chat';
  const api = MODEL_APIS.find((known) => known === said.value);
  if (api) return api;
  throw invalidSetting(said.by, 'chat or responses');
}

function idleMs(said: Said | null): number {
  if (said === null) return DEFAULT_IDLE_SECONDS * 1000;
  return wholeNumber(said.value, said.by, 'a number of seconds from 1 to 600', 1, 600) * 1000;
}
