import type { Json } from '../domain/api-document.ts';
import type { Login } from '../domain/database.ts';
import type { Endpoint, EndpointPlan } from '../domain/endpoint.ts';
import { type EndpointTask, operationTasks, requestTask } from '../domain/endpoint-task.ts';
import { TurboError } from '../domain/errors.ts';
import type { Project, ProjectFolder } from '../domain/project.ts';
import { parseRequest, type Request } from '../domain/request.ts';
import { EMPTY_SCHEMA, type Schema } from '../domain/schema.ts';
import { trialKeys, withoutKeys } from '../domain/trial-keys.ts';
import { projectFiles } from '../operations/fingerprint.ts';
import { readManifest } from '../operations/manifest.ts';
import { scaffoldFiles } from '../phases/scaffold.ts';
import { writeEndpoints } from '../phases/write-endpoints.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import type { Writer } from '../ports/writer.ts';
import { prepareQuery } from './prepare-query.ts';
import { scaffoldStage } from './stages.ts';
import { type TrialDatabase, type TrialNeeds, withTrialDatabase } from './trial-database.ts';
import { withWritingSandbox } from './writing-sandbox.ts';

type WriteNeeds = TrialNeeds &
  Needs<'writers' | 'sandbox' | 'remotes' | 'codeReader' | 'builder' | 'templates' | 'programs' | 'contract'>;

/** `server/routes/posts/[id].get.ts` */
const ROUTE = /^server\/routes\/(.+?)\.(get|post|put|patch|delete)\.ts$/;

/** The endpoints that the files of a project answer: `GET /posts/{id}`. */
function routesOf(files: FileTree): readonly string[] {
  return Object.keys(files).flatMap((file) => {
    const [, place = '', method = ''] = ROUTE.exec(file) ?? [];
    const path = place.replace(/(?:^|\/)index$/, '').replace(/\[([^\]]*)\]/g, '{$1}');
    return method === '' ? [] : [`${method.toUpperCase()} /${path}`];
  });
}

/**
 * Asks the model, when one is configured, which behaviour of the request is not covered by resources, and lets it write
 * each; of a document, the operations that no resource covers. What was accepted is in the project's folder and in its
 * manifest; what was not is in the manifest with its reason. Nothing without a model. Safe to repeat: what is recorded is
 * not asked again.
 */
export async function writeStage(folder: ProjectFolder, services: WriteNeeds): Promise<readonly Endpoint[]> {
  const writer = await services.writers.find();
  if (writer === null) return [];
  const { directory } = folder;
  const project = (await readManifest(directory, services)) ?? folder.project;
  const tasks = project.contract
    ? contractTasks(project, project.contract.document, services)
    : (await knownOrPlanned(project, writer, services)).map(requestTask);
  return writeTasks({ directory, project, tasks, writer }, services);
}

/** The behaviour that a sentence about a project asks for; empty without a model, and where a document says it all. */
export async function planBehaviour(
  project: Project,
  { request, after }: { readonly request: Request; readonly after: Schema },
  services: WriteNeeds,
): Promise<readonly EndpointPlan[]> {
  const writer = await services.writers.find();
  if (writer === null || project.contract) return [];
  const plans = await planEndpoints({ ...project, schema: after }, request, writer, services);
  const taken = new Set((project.endpoints ?? []).map(({ name }) => name));
  return plans.map((plan) => ({ ...plan, name: freeName(plan.name, taken) }));
}

/** An endpoint that is there keeps its files. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted.slice(0, 36)}-${number}`;
  return name;
}

/** Lets the model write behaviour that was planned, as `writeStage` does. The ones that were there stay. */
export async function writeBehaviour(
  folder: ProjectFolder,
  plans: readonly EndpointPlan[],
  services: WriteNeeds,
): Promise<readonly Endpoint[]> {
  const writer = await services.writers.find();
  if (writer === null) return [];
  const { directory } = folder;
  const project = (await readManifest(directory, services)) ?? folder.project;
  return writeTasks({ directory, project, tasks: plans.map(requestTask), writer }, services);
}

async function writeTasks(order: Omit<AllOrder, 'database'>, services: WriteNeeds): Promise<readonly Endpoint[]> {
  if (order.tasks.length === 0) return [];
  return withWritingSandbox(order.project.id, services, (sandbox) => writeIn(order, { ...services, sandbox }));
}

async function writeIn(order: Omit<AllOrder, 'database'>, services: WriteNeeds): Promise<readonly Endpoint[]> {
  const { directory, project } = order;
  const missing = (reason: string) => allMissing({ ...order, reason }, services);
  const kind = await services.sandbox.kind();
  if (kind === null) return missing(NO_SANDBOX);
  const write = (database: Reached | null) => writeAll({ ...order, database }, services);
  const { schema } = project;
  if (schema === null || schema.tables.length === 0) return write(null);
  return withTrialDatabase({ directory, project }, schema, services, async (database) => {
    const login = await database.scratch.login('app');
    const isReached = kind === 'machine' || (login.sslmode ?? 'disable') === 'disable';
    return isReached ? write({ login, ...database }) : missing(BY_TLS);
  });
}

/** The operations of a document that no resource covers. */
function contractTasks({ schema }: Project, document: Json, { progress }: Needs<'progress'>): readonly EndpointTask[] {
  return operationTasks(document, schema ?? EMPTY_SCHEMA).flatMap(({ brief, ...task }) => {
    if (brief !== null) return [{ ...task, brief }];
    const { method, path } = task.plan;
    progress({ kind: 'warning', message: `Not written: ${method} ${path} (its description is too long for a model)` });
    return [];
  });
}

async function knownOrPlanned(
  project: Project,
  writer: Writer,
  services: WriteNeeds,
): Promise<readonly EndpointPlan[]> {
  const known = project.endpoints ?? [];
  if (known.length === 0) return planEndpoints(project, parseRequest(project.request), writer, services);
  return known.map(({ status: _status, reason: _reason, description: _description, ...plan }) => plan);
}

async function planEndpoints(
  project: Project,
  request: Request,
  writer: Writer,
  services: WriteNeeds,
): Promise<readonly EndpointPlan[]> {
  const routes = routesOf(scaffoldFiles(project, await services.templates.readTree('project')));
  try {
    return await writer.plan({ request, schema: project.schema, routes }, { projectId: project.id });
  } catch (error) {
    if (!(error instanceof TurboError) || !PASSING.has(error.code)) throw error;
    const message = `Which behaviour is missing was not found out: ${error.message}`;
    services.progress({ kind: 'warning', message });
    return [];
  }
}

/** A backend without its extra endpoints is a backend; everything somebody has to mend stops. */
const PASSING: ReadonlySet<string> = new Set(['model.unusable', 'model.refused', 'limit.reached']);

const NO_SANDBOX =
  'nothing on this machine shuts in what a model writes: install bubblewrap, or consent with --sandbox none';

const BY_TLS =
  'a server that is reached by TLS cannot be reached from where they are tried: use the embedded PostgreSQL for that';

async function allMissing(
  {
    project,
    directory,
    tasks,
    reason,
  }: Pick<AllOrder, 'project' | 'directory' | 'tasks'> & { readonly reason: string },
  services: WriteNeeds,
) {
  services.progress({ kind: 'warning', message: `Endpoints are not written: ${reason}.` });
  const endpoints = tasks.map(({ plan }): Endpoint => ({ ...plan, status: 'missing', reason }));
  await scaffoldStage({ directory, project: withEndpoints(project, endpoints) }, services);
  return endpoints;
}

/** What was known of them before is replaced; others stay. */
function withEndpoints(project: Project, endpoints: readonly Endpoint[]): Project {
  const rest = (project.endpoints ?? []).filter(({ name }) => !endpoints.some((own) => own.name === name));
  return { ...project, endpoints: [...rest, ...endpoints] };
}

/** A trial database, and the login of the backend. */
type Reached = Pick<TrialDatabase, 'environment'> & { readonly login: Login };

interface AllOrder {
  readonly project: Project;
  readonly directory: string;
  readonly tasks: readonly EndpointTask[];
  readonly writer: Writer;
  readonly database: Reached | null;
}

async function writeAll({ project, directory, tasks, writer, database }: AllOrder, services: WriteNeeds) {
  const template = await services.templates.readTree('project');
  const plain = scaffoldFiles(project, template);
  const keys = project.contract ? trialKeys(project.contract.document, project.schema) : null;
  const schema = withoutKeys(project.schema ?? EMPTY_SCHEMA, keys);
  const opened = database && (await openTrial(database, schema, services));
  try {
    return await writeEndpoints(
      {
        project,
        writer,
        tasks,
        keys,
        openCheck: (document) => services.contract.open(document, { isGiven: true }),
        check: project.contract ? await services.contract.open(project.contract.document, { isGiven: true }) : null,
        database: opened,
        async filesWith(endpoints) {
          const own = scaffoldFiles(withEndpoints(project, endpoints), template);
          const changed = Object.entries(own).filter(([path, text]) => plain[path] !== text);
          return { ...(await projectFiles(directory, services)), ...Object.fromEntries(changed) };
        },
        async keep(endpoints, files) {
          // Its code first: a route is never without the handler it leads to.
          for (const [path, text] of Object.entries(files)) await services.workspace.write(directory, path, text);
          await scaffoldStage({ directory, project: withEndpoints(project, endpoints) }, services);
          const last = endpoints.at(-1);
          if (last) services.progress({ kind: 'note', message: describe(last) });
        },
      },
      services,
    );
  } finally {
    await opened?.app.close();
  }
}

function describe({ method, path, status, reason }: Endpoint): string {
  return status === 'written' ? `Written: ${method} ${path}` : `Not written: ${method} ${path} (${reason})`;
}

/** A trial database, asked what it thinks of queries. */
async function openTrial({ login, environment }: Reached, schema: Schema, services: Needs<'sql'>) {
  const app = await services.sql.connect(login);
  return { app, login, environment, prepare: (text: string) => prepareQuery(text, schema, app) };
}
