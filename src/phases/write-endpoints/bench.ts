import type { KeyPlace } from '../../domain/contract-plan.ts';
import { testFile } from '../../domain/endpoint-path.ts';
import type { ServerRequest } from '../../domain/endpoint-tools.ts';
import type { Framework } from '../../domain/framework.ts';
import { stripInvisible } from '../../domain/request.ts';
import { keyPlaceFor, type TrialKeys } from '../../domain/trial-keys.ts';
import type { HttpAnswer } from '../../ports/http.ts';
import type { ProgramEnd } from '../../ports/programs.ts';
import type { SandboxRoom } from '../../ports/sandbox.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { readSeen, type SeenAnswer, textsOf } from './seen-answers.ts';

/** Where what is written is tried: a room of its own, never the project. */
export interface Bench {
  typecheck(): Promise<Tried>;
  /** Formats own files, and says what the linter has against them. */
  tidy(paths: readonly string[]): Promise<Tried & { readonly files: FileTree }>;
  build(): Promise<Tried>;
  /** What the server answered to the test comes back as well. */
  test(): Promise<Tried & { readonly seen: readonly SeenAnswer[] }>;
  request(requests: readonly BenchRequest[]): Promise<Answers>;
  close(): Promise<void>;
}

/**
 * Where keys open operations, `{{key}}` in a token is one that is good for everything; `{{key.expired}}`, `.removed`,
 * `.scopeless` and `.hash` are what is left of others.
 */
export interface BenchRequest extends ServerRequest {
  /** The body so often. */
  readonly repeat?: number;
  /** Where the token stands; otherwise where its operation looks for it. */
  readonly place?: KeyPlace;
}

export interface Tried {
  readonly passed: boolean;
  /** The program is not on this machine. */
  readonly isLeftOut?: boolean;
  /** What it printed, the same for the same files; for the model. */
  readonly text: string;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  /** The answer as it came; null when it was too long, or none. */
  readonly whole: HttpAnswer | null;
}

export type Answers = { readonly answers: readonly Answered[]; readonly log: string } | { readonly problem: string };

export interface BenchOptions {
  readonly endpoint: string;
  readonly framework: Framework;
  /** What the server is told; its values are shown to nobody. */
  readonly environment: Readonly<Record<string, string>>;
  /** Null: no key counts. */
  readonly keys: TrialKeys | null;
  readonly signal?: AbortSignal | undefined;
}

/** The program that asks the server, as it lies in the room, and where it notes the answers. */
export const ASK_SERVER = 'ask-server.mjs';
const TOLD_ANSWERS = 'told-answers.json';
/** The program that notes what the server answers to tests, and where it does. */
export const RECORD_ANSWERS = 'record-answers.mjs';
const SEEN_ANSWERS = 'seen-answers.jsonl';

const TOOL_MS = 180_000;
const TEST_MS = 120_000;
const SHOWN = 6000;

const BUILD: Readonly<Record<Framework, readonly string[]>> = {
  nitro: ['node_modules/nitro/dist/cli/index.mjs', 'build'],
  hono: ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.mjs'],
};

export function openBench(room: SandboxRoom, { endpoint, framework, environment, keys, signal }: BenchOptions): Bench {
  let built: Promise<Tried> | null = null;
  const run = (args: readonly string[], deadlineMs: number, more: Readonly<Record<string, string>> = {}) =>
    room.run({ args, deadlineMs, environment: more, signal });
  const show = (end: ProgramEnd) => shown(end, environment);
  const tool = async (name: string, args: readonly string[]): Promise<Tried> => {
    const end = await run(args, TOOL_MS);
    if (isMissing(end, args[0] ?? ''))
      return { passed: true, isLeftOut: true, text: `${name} is not at hand here, and was left out.` };
    return { passed: end.code === 0, text: end.code === 0 ? `${name}: nothing wrong.` : show(end) };
  };
  const build = () => {
    built ??= tool('build', BUILD[framework]);
    return built;
  };
  return {
    build,
    typecheck: () => tool('tsc', ['node_modules/typescript/bin/tsc', '-p', '.']),
    async tidy(paths) {
      const biome = ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '--error-on-warnings'];
      const tried = await tool('biome', [...biome, ...paths]);
      const read = await Promise.all(paths.map(async (path) => [path, await room.read(path)] as const));
      return {
        ...tried,
        files: Object.fromEntries(read.flatMap(([path, own]) => (own === null ? [] : [[path, own]]))),
      };
    },
    async test() {
      const made = await build();
      if (!made.passed) return { ...made, seen: [] };
      const url = environment.DATABASE_URL;
      const own = url === undefined ? {} : { TEST_DATABASE_URL: url };
      const args = ['--import', `./${RECORD_ANSWERS}`, '--test', '--test-reporter=tap', testFile(endpoint)];
      const end = await run(args, TEST_MS, { ...environment, ...own });
      const passed = end.code === 0;
      const seen = readSeen((await room.read(SEEN_ANSWERS)) ?? '');
      return { passed, text: passed ? 'All tests pass.' : show(end), seen };
    },
    async request(requests) {
      const built = await build();
      if (!built.passed) return { problem: built.text };
      const placed = requests.map((one) => ({ place: keys && keyPlaceFor(keys, one.method, one.path), ...one }));
      const made = keys ? { KEYS: JSON.stringify({ table: keys.table, scopes: keys.scopes }) } : {};
      const end = await run([ASK_SERVER], TEST_MS, { ...environment, ...made, REQUESTS: JSON.stringify(placed) });
      const told = await room.read(TOLD_ANSWERS);
      return told === null || end.code !== 0 ? { problem: show(end) } : readAnswers(told, environment);
    },
    close: () => room.close(),
  };
}

function isMissing({ code, output }: ProgramEnd, program: string): boolean {
  return code !== 0 && output.includes(`Cannot find module '/project/${program}'`);
}

function readAnswers(told: string, environment: Readonly<Record<string, string>>): Answers {
  try {
    const value: unknown = JSON.parse(hidden(told, environment));
    if (typeof value !== 'object' || value === null || !('answers' in value) || !Array.isArray(value.answers)) {
      return { problem: 'the server gave no answers' };
    }
    const log = 'log' in value ? String(value.log) : '';
    const answers = value.answers.map(answeredOf);
    return answers.length === 0 ? { problem: `the server does not come up:\n${steady(log)}` } : { answers, log };
  } catch {
    return { problem: 'the server gave no answers' };
  }
}

function answeredOf(told: unknown): Answered {
  const blank = { status: 0, headers: null as unknown, text: '' as unknown, isCut: false };
  const { status, headers, text, isCut } = { ...blank, ...(typeof told === 'object' ? told : {}) };
  const [code, body] = [Number(status), String(text)];
  const whole = isCut || code === 0 ? null : { status: code, headers: textsOf(headers), body };
  try {
    return { status: code, body: JSON.parse(body), whole };
  } catch {
    return { status: code, body, whole };
  }
}

/** Without what the server was told: logins and secrets are for nobody. */
function hidden(text: string, environment: Readonly<Record<string, string>>): string {
  const secrets = Object.values(environment).flatMap((value) => [
    value,
    ...(URL.canParse(value) ? [new URL(value).password, decodeURIComponent(new URL(value).password)] : []),
  ]);
  return secrets
    .filter((value) => value.length >= 12)
    .reduce((rest, value) => rest.replaceAll(value, '[hidden]'), text);
}

/** Without what is another each time: what is the same must look the same, so that it is noticed and not paid twice. */
function steady(text: string): string {
  return stripInvisible(text)
    .replace(/^\s*duration_ms:? .*\n?/gm, '')
    .replace(/^# (?:duration_ms|Subtest: \/).*\n?/gm, '')
    .replace(/\b\d+(?:\.\d+)?\s?(?:ms|µs)\b/g, '… ms')
    .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1:…')
    .replace(/\b[\w-]{21}\b(?=['",\s])/g, (id) => (/\d/.test(id) && /[A-Z]/.test(id) ? '<id>' : id))
    .replace(/\bin \d+(?:\.\d+)?s\b/g, 'in … s');
}

function shown({ code, output }: ProgramEnd, environment: Readonly<Record<string, string>>): string {
  const text = steady(hidden(output, environment)).trim();
  const how = code === null ? 'It did not end in time, and was ended.' : `It ended with ${code}.`;
  if (text.length <= SHOWN) return `${how}\n${text}`;
  return `${how}\n${text.slice(0, SHOWN / 2)}\n… ${text.length - SHOWN} characters …\n${text.slice(-SHOWN / 2)}`;
}
