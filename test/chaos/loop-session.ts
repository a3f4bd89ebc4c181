import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Created } from '../../src/pipeline/created.ts';
import { canariesIn, newCanary } from '../support/canaries.ts';
import type { TestCluster } from '../support/global-cluster.ts';
import { CANARY_KEY } from '../support/model-service.ts';
import type { Play, PlayedModel } from '../support/played-writer.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';

const CREATE_MS = 400_000;

/** A home with its own records, and secrets planted around it. */
export interface Session {
  readonly home: string;
  /** What nobody may be sent, by the place it was planted. */
  readonly secrets: Map<string, string>;
  start(args: readonly string[], play: Play, url: string): RunningCli;
  /** Runs `create` to its end. Throws when it fails. */
  create(directory: string, play: Play, url: string, more?: readonly string[]): Promise<Created>;
  destroy(directory: string, play: Play): Promise<void>;
}

export function openSession(home: string, { cluster }: Pick<TestCluster, 'cluster'>): Session {
  const { host, port, user, password } = cluster;
  const schema = `loop_${randomBytes(5).toString('hex')}`;
  const secrets = new Map([
    ['key', CANARY_KEY],
    ['administrator', password],
    ...['master', 'beside'].map((name): [string, string] => [name, newCanary(name)]),
  ]);
  writeFileSync(join(home, '.env'), `SOME_OTHER_PASSWORD=${secrets.get('beside')}\n`);
  const start: Session['start'] = (args, play, url) =>
    startCli([...args], {
      home,
      env: {
        DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
        PG_DB_SCHEMA: schema,
        TURBOBACKEND_MASTER_KEY: secrets.get('master') ?? '',
        OPENAI_API_KEY: CANARY_KEY,
        TURBOBACKEND_MODEL_URL: url,
        ...play.env,
      },
      timeoutMs: CREATE_MS,
    });
  return {
    home,
    secrets,
    start,
    async create(directory, play, url, more = []) {
      const { code, stdout, stderr } = await start(createArgs(directory, play, more), play, url).finished;
      if (code !== 0) throw new Error(`create ends with ${code}: ${stdout}${stderr}`);
      for (const name of canariesIn(`${stdout}${stderr}`, secrets)) throw new Error(`${name} is printed`);
      return JSON.parse(stdout) as Created;
    },
    async destroy(directory, play) {
      await start(['destroy', directory, '--yes'], play, 'http://127.0.0.1:9').finished;
    },
  };
}

export function createArgs(directory: string, { request, args }: Play, more: readonly string[] = []): string[] {
  return ['create', request, '--dir', directory, '--max-cost', '20', '--json', ...args, ...more];
}

/** What was sent and should not have been. */
export function leaks({ requests }: PlayedModel, { secrets }: Session): readonly string[] {
  const names = new Set(requests.flatMap(({ body }) => canariesIn(body, secrets)));
  const urls = requests.filter(({ body }) => /postgres(?:ql)?:\/\//.test(body)).length;
  return [
    ...[...names].map((name) => `sent to the model: ${name}`),
    ...(urls > 0 ? [`${urls} times a connection string was sent`] : []),
  ];
}

/** Everything secret in the files of settings that a project has. */
export function addProjectSecrets(directory: string, secrets: Map<string, string>): void {
  for (const file of readdirSync(directory).filter((name) => /^\.env(?!\.example)/.test(name))) {
    for (const [, name = '', value = ''] of readFileSync(join(directory, file), 'utf8').matchAll(
      /^(\w+)=(.{20,})$/gm,
    )) {
      const text = value.replace(/^["']|["']$/g, '');
      const secret = URL.canParse(text) ? new URL(text).password : /SECRET|PASSWORD|KEY/.test(name) ? text : '';
      if (secret !== '') secrets.set(`${file} ${name}`, secret);
    }
  }
}

/** What a model or we wrote, without what belongs to one project only. */
export function writtenFiles(directory: string): Readonly<Record<string, string>> {
  const folders = ['server', 'test', 'client'].filter((name) => existsSync(join(directory, name)));
  const files = folders.flatMap((folder) =>
    readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const all = [...files, join(directory, 'README.md'), join(directory, 'package.json')];
  return Object.fromEntries(all.map((path) => [path.slice(directory.length + 1), readFileSync(path, 'utf8')]));
}

/** Paths that are not the same in both. */
export function differences(one: string, other: string): readonly string[] {
  const [before, after] = [writtenFiles(one), writtenFiles(other)];
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => before[path] !== after[path]).map((path) => `another text: ${path}`);
}
