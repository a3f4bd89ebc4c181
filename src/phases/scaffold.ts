import type { Json } from '../domain/api-document.ts';
import { missingOperations, planContract } from '../domain/contract.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { operationIn } from '../domain/endpoint-path.ts';
import { TurboError } from '../domain/errors.ts';
import type { Framework } from '../domain/framework.ts';
import { isPlainIdentifier } from '../domain/identifier.ts';
import { PROFILES_VIEW } from '../domain/policies.ts';
import { frameworkOf, type Project } from '../domain/project.ts';
import { slug } from '../domain/project-name.ts';
import { EMPTY_SCHEMA, type Schema } from '../domain/schema.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';
import { accountsModule } from './scaffold/accounts-module.ts';
import { accountsTexts } from './scaffold/accounts-texts.ts';
import { changedTemplates } from './scaffold/changed-templates.ts';
import { checkModule } from './scaffold/check-module.ts';
import { clientExample } from './scaffold/client-example.ts';
import { clientModule } from './scaffold/client-module.ts';
import { adminFiles } from './scaffold/contract/admin-files.ts';
import { contractClient } from './scaffold/contract/client-module.ts';
import { contractFiles } from './scaffold/contract/contract-files.ts';
import { contractProject } from './scaffold/contract/contract-project.ts';
import { keyFiles } from './scaffold/contract/key-files.ts';
import { contractTexts } from './scaffold/contract/readme.ts';
import { testData } from './scaffold/contract/test-module.ts';
import { dataModule } from './scaffold/data-module.ts';
import { endpointFiles, writtenEndpoints } from './scaffold/endpoint-files.ts';
import { honoFiles } from './scaffold/hono-files.ts';
import { layersOf } from './scaffold/layers.ts';
import { listExamples } from './scaffold/list-examples.ts';
import { openapiFile } from './scaffold/openapi/document.ts';
import { requestModule, withChecks } from './scaffold/plain-endpoints.ts';
import { profilesModule } from './scaffold/profiles-module.ts';
import { endpointTable, markdownText, tableList, writtenList } from './scaffold/readme.ts';
import { relationsModule } from './scaffold/relations-module.ts';
import { type Resource, resourcesOf } from './scaffold/resource.ts';
import { routeFiles } from './scaffold/route-files.ts';
import { enumModule, schemaModule } from './scaffold/schema-module.ts';
import { testFiles } from './scaffold/test-files.ts';
import { checkInto, type ScaffoldPlace, type ScaffoldResult, writeInto, writeNew } from './scaffold/write-files.ts';
import { plainClient } from './scaffold/written-client.ts';

export { hasMarkers } from './scaffold/merge-text.ts';

/**
 * All files of a project, without its manifest: those of the template folder `project` (what every project has in
 * `base/`, the rest in `database/` or `plain/`) and those computed from the schema. Pure: the same project gives the
 * same bytes. Throws `schema.invalid` for names that could not stand in a file name or in code.
 */
export function scaffoldFiles(project: Project, template: FileTree): FileTree {
  const { schema } = project;
  const withDatabase = schema !== null && schema.tables.length > 0;
  if (withDatabase) checkNames(schema);
  const resources = withDatabase ? resourcesOf(schema) : [];
  const layered = (layers: readonly string[]): FileTree =>
    Object.assign({}, ...layers.map((layer) => folderOf(template, `${layer}/`)));
  const written = writtenEndpoints(project.endpoints);
  const endpoints = written.filter(({ name }) => operationIn(name) === null);
  const texts = layered(layersOf(project, written.length));
  const computed = withDatabase ? computedFiles(project, schema, resources) : {};
  const values = { ...valuesOf(project, resources), ...accountsTexts(schema, folderOf(template, 'parts/')) };
  const filled = fillIn(texts, values);
  const generated = project.contract
    ? contractTree(project.contract.document, {
        ...{ schema, resources, texts: filled, template, computed, values },
        endpoints: project.endpoints ?? [],
      })
    : { ...filled, ...computed };
  const isPlain = !withDatabase && written.length > 0;
  const forNitro = {
    ...generated,
    ...endpointFiles(endpoints, generated),
    ...(isPlain ? requestModule(template) : {}),
    ...(isPlain && !project.contract ? plainClient(endpoints, template) : {}),
  };
  const forHono = fillIn(layered(['hono/base', withDatabase ? 'hono/database' : 'hono/plain']), values);
  const framed = frameworkOf(project) === 'hono' ? honoFiles(forNitro, forHono) : forNitro;
  const files = isPlain ? withChecks(framed, template) : framed;
  return Object.fromEntries(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A project that serves the operations of a document instead of its tables. */
function contractTree(
  document: Json,
  made: {
    readonly schema: Schema | null;
    readonly resources: readonly Resource[];
    readonly texts: FileTree;
    readonly template: FileTree;
    readonly computed: FileTree;
    readonly values: TextValues;
    readonly endpoints: readonly Endpoint[];
  },
): FileTree {
  const schema = made.schema ?? EMPTY_SCHEMA;
  const plan = planContract(document, schema);
  const kept = Object.entries(made.computed).filter(([path]) => /^server\/(?:lib|schemas)\//.test(path));
  const written = new Set(writtenEndpoints(made.endpoints).flatMap(({ name }) => operationIn(name) ?? []));
  const missing = missingOperations(document, schema, made.endpoints);
  const reasons = new Map(missing.map(({ operation, reason }) => [operation, reason]));
  const about = contractTexts(plan, schema, folderOf(made.template, 'parts/'), reasons);
  const own = {
    ...contractFiles(document, plan.operations, schema, made.resources, written),
    ...fillIn(folderOf(made.template, 'contract/'), { ...made.values, ...about }),
    'client/index.ts': contractClient(document, plan.operations),
    'test/operations.json': testData(plan, schema, written),
    ...adminFiles(schema, folderOf(made.template, 'contract-admins/'), folderOf(made.template, 'contract/')),
    ...keyFiles(plan, folderOf(made.template, 'contract-keys/'), made.texts),
  };
  const texts = { ...made.texts, ...Object.fromEntries(kept) };
  return contractProject(texts, own, { plan, hasWritten: written.size > 0 });
}

function nameOf(project: Project): string {
  return slug(project.name) || 'backend';
}

function folderOf(tree: FileTree, folder: string): FileTree {
  const inside = Object.entries(tree).filter(([path]) => path.startsWith(folder));
  return Object.fromEntries(inside.map(([path, text]) => [path.slice(folder.length), text]));
}

function checkNames(schema: Schema): void {
  const names = schema.tables.flatMap((table) => [table.name, ...table.columns.map((column) => column.name)]);
  const odd = [...names, ...schema.enums.map((type) => type.name)].find((name) => !isPlainIdentifier(name));
  if (odd === undefined) return;
  throw new TurboError('schema.invalid', `${JSON.stringify(odd)} is not a name that code can be made for.`, {
    hint: 'Use lower-case letters, digits and underscores, a letter first.',
  });
}

function computedFiles(project: Project, schema: Schema, resources: readonly Resource[]): FileTree {
  const files: Record<string, string> = {
    'client/index.ts': clientModule(schema, resources, project.contract ? [] : writtenEndpoints(project.endpoints)),
    'server/lib/checks.ts': checkModule(schema, resources),
    'server/openapi.json': openapiFile(project, schema, resources, writtenEndpoints(project.endpoints)),
    ...testFiles(schema, resources),
  };
  const enums = enumModule(schema);
  if (enums !== null) files['server/lib/enums.ts'] = enums;
  const accounts = accountsModule(schema, resources, nameOf(project));
  if (accounts !== null) files['server/lib/accounts.ts'] = accounts;
  const profiles = profilesModule(schema, resources);
  if (profiles !== null) files[`server/data/${PROFILES_VIEW}.ts`] = profiles;
  for (const resource of resources) {
    files[`server/data/${resource.table.name}.ts`] = dataModule(resource);
    files[`server/schemas/${resource.table.name}.ts`] = schemaModule(resource);
    const relations = relationsModule(resource);
    if (relations !== '') files[`server/relations/${resource.table.name}.ts`] = relations;
    Object.assign(files, routeFiles(resource, resources));
  }
  return files;
}

const NAMED_FILES: ReadonlySet<string> = new Set(['package.json', 'package-lock.json']);
/** In package.json, which must stay JSON. */
const LAST_SCRIPT = '"migrate": "node scripts/migrate.mjs"';
const FILLED_FILES: ReadonlySet<string> = new Set(['.env.example', 'README.md', 'fly.toml', 'scripts/set-role.mjs']);

/** What stands for `{{name}}` in a text. */
type TextValues = Readonly<Record<string, string>>;

const FRAMEWORK_LINKS: Readonly<Record<Framework, string>> = {
  nitro: '[Nitro](https://nitro.build)',
  hono: '[Hono](https://hono.dev)',
};

function valuesOf(project: Project, resources: readonly Resource[]): TextValues {
  return {
    name: nameOf(project),
    request: markdownText(project.request),
    framework: FRAMEWORK_LINKS[frameworkOf(project)],
    endpoints: endpointTable(resources),
    written: writtenList(writtenEndpoints(project.endpoints)),
    client: project.schema ? clientExample(project.schema, resources) : '',
    tables: project.schema ? tableList(project.schema) : '',
    ...(project.schema ? listExamples(project.schema, resources) : {}),
  };
}

function fillIn(texts: FileTree, values: TextValues): FileTree {
  const fill = (path: string, text: string): string => {
    if (NAMED_FILES.has(path)) {
      const named = text.replaceAll('"name": "project"', `"name": ${JSON.stringify(values.name)}`);
      return named.replace(LAST_SCRIPT, (script) => `${script}${values.moreScripts}`);
    }
    if (!FILLED_FILES.has(path)) return text;
    return text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
  };
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, fill(path, text)]));
}

export interface ScaffoldOrder extends ScaffoldPlace {
  /** `new-folder` refuses to touch anything that is there; `existing-folder` goes on with what is. */
  readonly into: 'new-folder' | 'existing-folder';
  /** Also brings back what a person took away. */
  readonly restore?: boolean;
}

/**
 * Writes the project. A new folder appears complete or not at all; in an existing one each file is replaced whole, the
 * manifest last, and what a person changed is merged with what changed for us. Files under `server/custom/` that exist
 * are never written. Throws `project.exists`, `workspace.*`.
 */
export async function scaffold(
  order: ScaffoldOrder,
  services: Needs<'workspace' | 'templates' | 'progress' | 'programs'>,
): Promise<ScaffoldResult> {
  const { project } = order;
  const files = scaffoldFiles(project, await services.templates.readTree('project'));
  const changed = await services.templates.changed('project');
  if (changed.length > 0) services.progress({ kind: 'warning', message: changedTemplates(changed) });
  const told = { ...order, project: { ...project, ...toldMissing(project) } };
  return order.into === 'new-folder' ? writeNew(told, files, services) : writeInto(told, files, services);
}

/** What of a contract is left to people stands in the manifest too. */
function toldMissing({ contract, schema, endpoints }: Project): Pick<Project, 'contract'> {
  if (!contract) return {};
  const missing = missingOperations(contract.document, schema, endpoints).map((operation) => ({ ...operation }));
  return { contract: { ...contract, missing } };
}

/** What `scaffold` would do in an existing folder; changes nothing. Throws `workspace.*`. */
export async function checkScaffold(
  order: ScaffoldPlace,
  services: Needs<'workspace' | 'templates' | 'progress' | 'programs'>,
): Promise<ScaffoldResult> {
  return checkInto(order, scaffoldFiles(order.project, await services.templates.readTree('project')), services);
}
