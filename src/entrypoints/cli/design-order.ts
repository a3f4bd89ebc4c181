import type { Json } from '../../domain/api-document.ts';
import { contractRequest } from '../../domain/contract-request.ts';
import type { Decision } from '../../domain/decision.ts';
import { parseRequest, type Request } from '../../domain/request.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Needs } from '../../ports/services.ts';
import { type Cli, type Typed, textOption } from './command.ts';
import { readContract } from './contract-option.ts';
import { databaseWish } from './database-wish.ts';
import { asksService } from './model-options.ts';
import { typedRequest } from './template-request.ts';

/** What `detect` and `design-schema` have in common: whose request, and where the answer is kept. */
export interface DesignOrder {
  readonly request: Request;
  readonly database?: boolean;
  /** The document that says what is wanted. */
  readonly contract?: Json;
  /** Of the folder, when the request is the same. */
  readonly projectId?: string;
  readonly services: Needs<'model' | 'progress'>;
  /** Keeps the answer in the folder, when it is empty or a draft; tells where. */
  save(answer: { decision: Decision; schema: Schema | null }): Promise<string | null>;
}

/** The request typed, or the one of the project folder; asks on a terminal. */
export async function designOrder(cli: Cli, typed: Typed): Promise<DesignOrder> {
  const [{ openModel, openFolder }, { findProjectDirectory }, { readManifest }, { saveDraft }] = await Promise.all([
    import('../../app.ts'),
    import('../../operations/find-project.ts'),
    import('../../operations/manifest.ts'),
    import('../../pipeline/draft.ts'),
  ]);
  const folder = await openFolder();
  const named = await readContract(cli, typed);
  const said = named ? contractRequest(named).text : await typedRequest(cli, typed);
  const directory = said === undefined ? await findProjectDirectory(cli.cwd, folder) : cli.cwd;
  const project = directory === null ? null : await readManifest(directory, folder);
  const text = said ?? project?.request ?? (await cli.ask.text('What is the backend for?', '"<request>"'));
  const request = parseRequest(text);
  const contract = named ?? (project?.request === text ? project.contract?.document : undefined);
  // What a person said about a database in an earlier phase holds for the next one.
  const before = project?.request === request.text && project.decision?.decidedBy === 'user' ? project.decision : null;
  const isSaid = textOption(typed, 'database') !== undefined;
  const database =
    before && !isSaid ? before.needsDatabase : contract ? undefined : await databaseWish(cli, typed, request);
  return {
    request,
    ...(database === undefined ? {} : { database }),
    ...(contract ? { contract } : {}),
    ...(project?.request === text ? { projectId: project.id } : {}),
    services: asksService(cli)
      ? await cli.services()
      : { model: await openModel(cli.config), progress: cli.output.progress },
    save: async (answer) =>
      typed.options.save === false
        ? null
        : saveDraft({ directory: directory ?? cli.cwd, request, ...answer, ...(contract ? { contract } : {}) }, folder),
  };
}
