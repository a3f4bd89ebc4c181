import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { ajvContract } from '../../src/adapters/contract/ajv/ajv-contract.ts';
import { documentFiles } from '../../src/adapters/contract/files/document-files.ts';
import type { Json } from '../../src/domain/api-document.ts';
import { designContract } from '../../src/domain/contract.ts';
import type { Project } from '../../src/domain/project.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { scaffold } from '../../src/phases/scaffold.ts';
import type { Files } from './attacked-backend.ts';
import { cheapenHashes } from './cheap-hashes.ts';
import {
  buildWorker,
  connectProject,
  projectOf,
  repositoryRoot,
  run,
  scaffoldServices,
  startBuilt,
} from './generated-projects.ts';
import { type Edit, spoil } from './holed-twin.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';

/** What a backend answered, and what of it is not as the document says. */
export interface ContractAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly problems: readonly string[];
}

/** `token` stands in `Authorization`, unless it is headers. */
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  token?: string | Readonly<Record<string, string>>,
) => Promise<ContractAnswer>;

export interface ContractBackend {
  readonly ask: Ask;
  readonly url: string;
  readonly directory: string;
  readonly schema: Schema;
  readonly database: ProjectDatabase;
  log(): string;
  /** Runs `npm test` of the project on the same database; what it printed, and how it ended. */
  test(): Promise<{ readonly code: number | null; readonly output: string }>;
  stop(): Promise<void>;
}

/** One of the documents the tests are about. */
export function readDocument(name: string): Promise<Json> {
  const file = fileURLToPath(new URL(`../domain/contract/documents/${name}`, import.meta.url));
  return documentFiles().read(file);
}

/** The project of a document. */
export function contractProject(document: Json, framework: 'nitro' | 'hono' = 'nitro'): Project & { schema: Schema } {
  const { schema } = designContract(document);
  return { ...projectOf(schema), schema, framework, contract: { document: { ...document }, missing: [] } };
}

/** Files of a project that edits change. */
async function spoiltFiles(directory: string, edits: readonly Edit[]): Promise<Files> {
  if (edits.length === 0) return {};
  const files = await scaffoldServices.workspace.readTree(directory, 'server');
  const own = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [`server/${path}`.replace('server/server', 'server'), text]),
  );
  return spoil(own, { name: 'a contract', edits });
}

/** Generates, builds and runs the backend of a document. */
export async function startContractBackend(
  name: string,
  framework: 'nitro' | 'hono' = 'nitro',
  spoilt: readonly Edit[] = [],
): Promise<ContractBackend> {
  const document = await readDocument(name);
  const project = contractProject(document, framework);
  const { schema } = project;
  const folder = mkdtempSync(join(tmpdir(), 'tb-contract-'));
  const directory = join(folder, 'project');
  await scaffold({ directory, project, into: 'new-folder' }, scaffoldServices);
  if (schema.accounts) cheapenHashes(directory);
  for (const [path, text] of Object.entries(await spoiltFiles(directory, spoilt)))
    writeFileSync(join(directory, path), text);
  const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
  await builder.build(directory).finally(() => builder.close());
  const database = await makeProjectDatabase(inject('cluster'));
  await connectProject(directory, schema, database);
  const server = await startBuilt(directory, { REGISTRATIONS_PER_HOUR: '1000' });
  const check = await ajvContract().open(document, { isGiven: true });
  return {
    ask: async (method, path, body, token) => {
      const answer = await fetch(server.url + path, {
        method,
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(typeof token === 'string' ? { authorization: `Token ${token}` } : token),
        },
      });
      const text = await answer.text();
      const headers = Object.fromEntries(answer.headers);
      const problems = check(method, path, { status: answer.status, headers, body: text });
      return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text), problems };
    },
    url: server.url,
    directory,
    schema,
    database,
    log: server.log,
    test: () => {
      const packages = join(directory, 'node_modules');
      if (!existsSync(packages)) symlinkSync(join(repositoryRoot, 'node_modules'), packages);
      return run(process.execPath, ['--test', 'test/operations.test.mjs'], { cwd: directory });
    },
    stop: async () => {
      await server.stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
