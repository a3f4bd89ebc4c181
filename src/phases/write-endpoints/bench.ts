import { testFile } from '../../domain/endpoint-path.ts';
import type { ServerRequest } from '../../domain/endpoint-tools.ts';
import type { Framework } from '../../domain/framework.ts';
import { stripInvisible } from '../../domain/request.ts';
import type { ProgramEnd } from '../../ports/programs.ts';
import type { SandboxRoom } from '../../ports/sandbox.ts';
import type { FileTree } from '../../ports/workspace.ts';

/** Where what is written is tried: a room of its own, never the project. */
export interface Bench {
  typecheck(): Promise<Tried>;
  /** Formats own files, and says what the linter has against them. */
  tidy(paths: readonly string[]): Promise<Tried & { readonly files: FileTree }>;
  build(): Promise<Tried>;
  test(): Promise<Tried>;
  request(requests: readonly (ServerRequest & { readonly repeat?: number })[]): Promise<Answers>;
  close(): Promise<void>;
}

export interface Tried {
  readonly passed: boolean;
  /** The program is not on this machine. */
  readonly isLeftOut?: boolean;
  /** What it printed, the same for the same files; for the model. */
  readonly text: string;
}

export type Answers =
  | { readonly answers: readonly { readonly status: number; readonly body: unknown }[]; readonly log: string }
  | { readonly problem: string };

export interface BenchOptions {
  readonly endpoint: string;
  readonly framework: Framework;
  /** What the server is told; its values are shown to nobody. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The program that asks the server, as it lies in the room. */
export const ASK_SERVER = 'ask-server.mjs';

const TOOL_MS = 180_000;
const TEST_MS = 120_000;
const SHOWN = 6000;
const ANSWERS = '=== answers ===';

const BUILD: Readonly<Record<Framework, readonly string[]>> = {
  nitro: ['node_modules/nitro/dist/cli/index.mjs', 'build'],
  hono: ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.mjs'],
};

export function openBench(room: SandboxRoom, { endpoint, framework, environment, signal }: BenchOptions): Bench {
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
      if (!made.passed) return made;
      const url = environment.DATABASE_URL;
      const own = url === undefined ? {} : { TEST_DATABASE_URL: url };
      const end = await run(['--test', '--test-reporter=tap', testFile(endpoint)], TEST_MS, { ...environment, ...own });
      return { passed: end.code === 0, text: end.code === 0 ? 'All tests pass.' : show(end) };
    },
    async request(requests) {
      const made = await build();
      if (!made.passed) return { problem: made.text };
      const end = await run([ASK_SERVER], TEST_MS, { ...environment, REQUESTS: JSON.stringify(requests) });
      return readAnswers(end, environment);
    },
    close: () => room.close(),
  };
}

function isMissing({ code, output }: ProgramEnd, program: string): boolean {
  return code !== 0 && output.includes(`Cannot find module '/project/${program}'`);
}

function readAnswers(end: ProgramEnd, environment: Readonly<Record<string, string>>): Answers {
  const at = end.output.lastIndexOf(ANSWERS);
  if (at === -1) return { problem: shown(end, environment) };
  try {
    const value: unknown = JSON.parse(hidden(end.output.slice(at + ANSWERS.length), environment));
    if (typeof value !== 'object' || value === null || !('answers' in value) || !Array.isArray(value.answers)) {
      return { problem: 'the server gave no answers' };
    }
    const log = 'log' in value ? String(value.log) : '';
    const answers = value.answers.map((answer: unknown) => {
      const { status, body } = { status: 0, body: null as unknown, ...(typeof answer === 'object' ? answer : {}) };
      return { status: Number(status), body };
    });
    return answers.length === 0 ? { problem: `the server does not come up:\n${steady(log)}` } : { answers, log };
  } catch {
    return { problem: 'the server gave no answers' };
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
