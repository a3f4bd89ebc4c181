import type { Json } from '../domain/api-document.ts';
import type { Login } from '../domain/database.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { handlerFile, isEndpointFile } from '../domain/endpoint-path.ts';
import type { EndpointTask } from '../domain/endpoint-task.ts';
import { isTurboError } from '../domain/errors.ts';
import { frameworkOf, type Project } from '../domain/project.ts';
import { type TrialKeys, withoutKeys } from '../domain/trial-keys.ts';
import type { CheckAnswer } from '../ports/contract.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import type { Writer } from '../ports/writer.ts';
import { ASK_SERVER, openBench, RECORD_ANSWERS } from './write-endpoints/bench.ts';
import { openDesk, type PrepareQuery } from './write-endpoints/desk.ts';
import { writeOne } from './write-endpoints/write-one.ts';

export interface WriteOrder {
  readonly project: Project;
  readonly writer: Writer;
  readonly tasks: readonly EndpointTask[];
  /** What opens operations of a document where nobody signs up; null: nothing does. */
  readonly keys: TrialKeys | null;
  /** Holds answers against the document that operations are written for; null: there is none. */
  readonly check: CheckAnswer | null;
  /** The same for a document that is made of what was described. */
  readonly openCheck: (document: Json) => Promise<CheckAnswer>;
  /** The files of the project, with the route of an endpoint that is about to be written. */
  readonly filesWith: (endpoints: readonly Endpoint[]) => Promise<FileTree>;
  /** Its login of the backend, and what the server is told beside it when it is tried; null: there is no database. */
  readonly database: {
    readonly login: Login;
    readonly environment: Readonly<Record<string, string>>;
    readonly prepare: PrepareQuery;
  } | null;
  /** Takes what was accepted into the project, before the next one is begun. */
  readonly keep: (endpoints: readonly Endpoint[], files: FileTree) => Promise<void>;
}

/**
 * Lets a model write endpoints, one after the other, each from nothing to accepted or not at all: what was not accepted
 * leaves nothing in the project. Gives all of them with how they came out. Throws `model.*` only for what would stop
 * the next one as well.
 */
export async function writeEndpoints(
  order: WriteOrder,
  services: Needs<'codeReader' | 'state' | 'progress' | 'sandbox' | 'builder' | 'templates'>,
): Promise<readonly Endpoint[]> {
  const { project, writer, tasks, keys, check, openCheck, filesWith, database, keep } = order;
  const system = await systemPrompt(project, keys, services);
  const programs = await services.templates.readTree('sandbox');
  const ours = Object.fromEntries([ASK_SERVER, RECORD_ANSWERS].map((name) => [name, programs[name] ?? '']));
  const done: Endpoint[] = [];
  for (const task of tasks) {
    const { plan } = task;
    const known = (project.endpoints ?? []).find(({ name }) => name === plan.name);
    const base = await filesWith([...done, { ...plan, status: 'written', reason: '' }]);
    if (known?.status === 'written' && Object.hasOwn(base, handlerFile(plan.name))) {
      done.push(known);
      continue;
    }
    const desk = openDesk({
      endpoint: plan.name,
      base: without(base, plan.name),
      schema: project.schema && withoutKeys(project.schema, keys),
      prepare: database?.prepare ?? null,
    });
    const open = async (written: FileTree) => {
      const room = await services.sandbox.open({
        files: { ...without(base, plan.name), ...written, ...ours },
        database: database?.login ?? null,
        prepare: (directory) => services.builder.prepare(directory),
      });
      const own = room.databaseUrl === null ? {} : { DATABASE_URL: room.databaseUrl };
      const environment = { ...database?.environment, ...own };
      return openBench(room, { endpoint: plan.name, framework: frameworkOf(project), environment, keys });
    };
    const withAccounts = (project.schema?.accounts ?? null) !== null;
    const one = { task, check, openCheck, projectId: project.id, system, desk, withAccounts, writer, openBench: open };
    const outcome = await writeOne(one, services).catch((error: unknown) => {
      if (isTurboError(error, 'limit.reached') || isTurboError(error, 'model.refused'))
        return { reason: error.message };
      throw error;
    });
    const isWritten = 'files' in outcome;
    if (isWritten && outcome.leftOut.length > 0) {
      const message = `${plan.name}: ${outcome.leftOut.join(' and ')} were not checked, because the programs for it are not here.`;
      services.progress({ kind: 'note', message });
    }
    done.push({
      ...plan,
      ...(isWritten ? { status: 'written', reason: '' } : { status: 'missing', reason: outcome.reason }),
      ...(isWritten && desk.description && { description: desk.description }),
    });
    await keep(done, isWritten ? outcome.files : {});
  }
  return done;
}

/** Files of an endpoint that an earlier attempt left are no beginning. */
function without(files: FileTree, name: string): FileTree {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !isEndpointFile(path, name)));
}

async function systemPrompt(
  project: Project,
  keys: TrialKeys | null,
  { templates }: Needs<'templates'>,
): Promise<string> {
  const prompts = await templates.readTree('prompts');
  const isHono = frameworkOf(project) === 'hono';
  const { contract } = project;
  const schema = project.schema && withoutKeys(project.schema, keys);
  const isPlain = schema === null || schema.tables.length === 0;
  const ofPlain = contract ? 'write-operation-plain' : 'write-plain';
  const part = prompts[`${isPlain ? ofPlain : schema.accounts ? 'write-owned' : 'write-open'}.md`] ?? '';
  const isForAdmins = contract && schema?.accounts?.role != null;
  const more = [keys ? 'write-keyed.md' : '', isForAdmins ? 'write-admins.md' : ''].flatMap(
    (name) => prompts[name] ?? [],
  );
  const values: Readonly<Record<string, string>> = {
    framework: isHono ? '#http' : 'nitro/h3',
    event: isHono ? 'ApiCall' : 'H3Event',
    // Operations lie a folder deeper.
    database: [contract ? part.replaceAll("'../lib/", "'../../lib/") : part, ...more].join('\n'),
    tables: JSON.stringify(schema?.tables ?? []),
    enums: JSON.stringify(schema?.enums ?? []),
  };
  const whole = prompts[contract ? 'write-operation.md' : 'write-endpoint.md'] ?? '';
  return whole.replace(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all);
}
