import { join } from 'node:path';
import { openRemotes } from './app/remotes.ts';
import { type Config, chooseModels, type ModelService } from './config.ts';
import type { Finding } from './domain/finding.ts';
import type { ReportProgress } from './domain/progress.ts';
import type { Clock, Ids } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';
import type { ApiDocuments, Contract } from './ports/contract.ts';
import type { Model } from './ports/model.ts';
import type { Prices } from './ports/prices.ts';
import type { Repository } from './ports/repository.ts';
import type { Runs } from './ports/runs.ts';
import type { Needs, Services } from './ports/services.ts';
import type { Templates } from './ports/templates.ts';
import type { Writer } from './ports/writer.ts';

/**
 * The composition root: from a Config to the services the verbs need. The only importer of adapters. Nothing is
 * opened, started or connected here; each adapter does so at its first call.
 */

export type App = Services & { close(): Promise<void> };

/** Only the built-in model: for `detect` and `design-schema` as functions of a sentence, without a database. */
export async function openModel(config: Config): Promise<Model> {
  return withTemplates(await openPlanner(config), config);
}

async function openPlanner(config: Config): Promise<Model> {
  const [{ planner }, { loadLexicon }] = await Promise.all([
    import('./adapters/model/planner/planner.ts'),
    import('./adapters/model/planner/load-lexicon.ts'),
  ]);
  return planner({ lexicon: await loadLexicon(join(config.packageRoot, 'templates', 'planner')) });
}

/** Who names a template need not ask anybody. */
async function withTemplates(behind: Model, config: Config): Promise<Model> {
  const { templateModel } = await import('./adapters/model/template/template-model.ts');
  return templateModel({ templates: await openTemplates(config), behind });
}

/** Whoever is asked in each phase, every call recorded. A service's client is loaded when one is asked. */
async function openAskedModel(config: Config, services: Needs<'state' | 'clock' | 'progress'>): Promise<Model> {
  const chosen = chooseModels(config.models);
  const planner = await openPlanner(config);
  const { recordedModel } = await import('./adapters/model/recorded/recorded-model.ts');
  const { state, clock } = services;
  const open = async (service: ModelService | null) =>
    service === null
      ? recordedModel({ behind: planner, calls: state, clock })
      : openService(service, planner, config, services);
  const [detecting, designing] = await Promise.all([open(chosen.detect), open(chosen.design)]);
  return withTemplates({ name: designing.name, detect: detecting.detect, design: designing.design }, config);
}

/** Who writes code, when a model is configured for it. */
async function openWriter(
  config: Config,
  { state, clock, progress }: Needs<'state' | 'clock' | 'progress'>,
): Promise<Writer | null> {
  const service = chooseModels(config.models).write;
  if (service === null) return null;
  const { openaiWriter } = await import('./adapters/model/openai/openai-writer.ts');
  const templates = await openTemplates(config);
  const rules = callRules(config);
  return openaiWriter({ service, rules, templates, calls: state, prices: lazyPrices, clock, progress });
}

function callRules({ models }: Config) {
  const { maxCostUsd = null, maxCalls = null, records = 'use', showPrompts = false } = models.flags;
  return { maxCostUsd, maxCalls, records, showPrompts } as const;
}

async function openService(
  service: ModelService,
  planner: Model,
  config: Config,
  { state, clock, progress }: Needs<'state' | 'clock' | 'progress'>,
): Promise<Model> {
  const { openaiModel } = await import('./adapters/model/openai/openai-model.ts');
  const templates = await openTemplates(config);
  return openaiModel({
    service,
    rules: callRules(config),
    planner,
    templates,
    calls: state,
    prices: lazyPrices,
    clock,
    progress,
  });
}

/** The texts we ship. */
export async function openTemplates(config: Config): Promise<Templates> {
  const { localTemplates } = await import('./adapters/templates/local/local-templates.ts');
  return localTemplates(join(config.packageRoot, 'templates'));
}

/** Descriptions of APIs in files; the readers of YAML and of schemas are loaded when there is one. */
export async function openApiDocuments(): Promise<ApiDocuments> {
  const { documentFiles } = await import('./adapters/contract/files/document-files.ts');
  return documentFiles();
}

/** Files, clock and ids: what keeping a draft in a folder takes. */
export async function openFolder(): Promise<Needs<'workspace' | 'clock' | 'ids'>> {
  const [{ localWorkspace }, { randomIds, systemClock }] = await Promise.all([
    import('./adapters/workspace/local/local-workspace.ts'),
    import('./adapters/clock/system/system-clock.ts'),
  ]);
  return { workspace: localWorkspace(), clock: systemClock(), ids: randomIds() };
}

export async function openCluster(config: Config, progress: ReportProgress): Promise<Cluster> {
  if (config.cluster.kind === 'external') {
    const { externalCluster } = await import('./adapters/cluster/external/external-cluster.ts');
    return externalCluster({ login: config.cluster.login });
  }
  const { embeddedCluster } = await import('./adapters/cluster/embedded/embedded-cluster.ts');
  const { port } = config.cluster;
  return embeddedCluster({
    home: config.home,
    ...(port === undefined ? {} : { port }),
    onNote: (message) => progress({ kind: 'note', message }),
  });
}

/** Facts about the embedded cluster's files and programs; for an external one there is nothing on this machine. */
export async function diagnoseCluster(config: Config): Promise<readonly Finding[]> {
  if (config.cluster.kind === 'external') return [];
  const { diagnoseEmbedded } = await import('./adapters/cluster/embedded/diagnose-embedded.ts');
  return diagnoseEmbedded({ home: config.home });
}

/** Mends what `diagnoseCluster` finds and can be mended without losing anything; a sentence for each thing it did. */
export async function repairCluster(config: Config, progress: ReportProgress): Promise<readonly string[]> {
  if (config.cluster.kind === 'external') return [];
  const { repairEmbedded } = await import('./adapters/cluster/embedded/repair-embedded.ts');
  return repairEmbedded({ home: config.home, onNote: (message) => progress({ kind: 'note', message }) });
}

export async function openServices(config: Config, progress: ReportProgress): Promise<App> {
  const cluster = await openCluster(config, progress);
  const [
    admin,
    sql,
    state,
    vault,
    workspace,
    templates,
    builder,
    target,
    programs,
    http,
    wire,
    machine,
    sandbox,
    reader,
    archive,
  ] = await Promise.all([
    import('./adapters/database-admin/postgres/postgres-database-admin.ts'),
    import('./adapters/sql/postgres/postgres-sql.ts'),
    import('./adapters/state-store/postgres/postgres-state.ts'),
    import('./adapters/vault/local/local-vault.ts'),
    import('./adapters/workspace/local/local-workspace.ts'),
    import('./adapters/templates/local/local-templates.ts'),
    import('./adapters/builder/nitro/nitro-builder.ts'),
    import('./adapters/deploy-target/local/local-target.ts'),
    import('./adapters/programs/local/local-programs.ts'),
    import('./adapters/http/node/node-http.ts'),
    import('./adapters/wire/node/node-wire.ts'),
    import('./adapters/clock/system/system-clock.ts'),
    import('./adapters/sandbox/local/local-sandbox.ts'),
    import('./adapters/code-reader/oxc/oxc-code-reader.ts'),
    import('./adapters/archive/local/local-archive.ts'),
  ]);
  const clock: Clock = machine.systemClock();
  const ids: Ids = machine.randomIds();
  const adminLogin = async (database: string) => {
    await cluster.ensure();
    return cluster.adminLogin(database);
  };
  const session = sql.postgresSql();
  const metadata = state.postgresState({
    login: adminLogin,
    database: config.metadataDatabase,
    schema: config.metadataSchema,
    migrationsFolder: join(config.packageRoot, 'templates', 'state'),
    owner: config.owner,
    clock,
    ids,
  });
  const services: Services = {
    model: lazyModel(() => openAskedModel(config, { state: metadata, clock, progress })),
    writers: { find: () => openWriter(config, { state: metadata, clock, progress }) },
    sandbox: sandbox.localSandbox({
      home: config.home,
      script: join(config.packageRoot, 'templates', 'sandbox', 'enter.sh'),
      isOff: config.models.flags.sandbox === 'none',
      path: config.serverEnvironment.PATH,
    }),
    codeReader: reader.oxcCodeReader({ packageRoot: config.packageRoot }),
    cluster,
    databases: admin.postgresDatabaseAdmin({ sql: session, connect: adminLogin }),
    sql: session,
    state: metadata,
    vault: vault.localVault({
      home: config.home,
      onNote: (message) => progress({ kind: 'note', message }),
      masterKey: config.masterKey,
      nextMasterKey: config.nextMasterKey,
    }),
    workspace: workspace.localWorkspace(),
    templates: templates.localTemplates(join(config.packageRoot, 'templates')),
    builder: builder.nitroBuilder({
      packageRoot: config.packageRoot,
      workerPath: join(config.packageRoot, 'dist', 'build-worker.js'),
    }),
    target: target.localTarget({
      home: config.home,
      supervisorPath: join(config.packageRoot, 'dist', 'supervisor.js'),
      environment: config.serverEnvironment,
    }),
    programs: programs.localPrograms({ home: config.home, environment: config.serverEnvironment }),
    http: http.nodeHttp(),
    wire: wire.nodeWire(),
    contract: lazyContract,
    remotes: openRemotes(config),
    archive: archive.localArchive({ home: config.home }),
    repository: lazyRepository(config),
    runs: lazyRuns(async () => {
      const { dbosRuns } = await import('./adapters/runs/dbos/dbos-runs.ts');
      return dbosRuns({
        login: () => adminLogin(config.metadataDatabase),
        schema: `${config.metadataSchema}_runs`,
        onLog: (message) => progress({ kind: 'detail', message }),
      });
    }),
    clock,
    ids,
    progress,
    limits: config.limits,
    versionLimits: config.versionLimits,
    owner: config.owner,
    toolVersion: config.version,
  };
  return {
    ...services,
    async close() {
      await Promise.allSettled([services.builder.close(), services.runs.close(), services.state.close()]);
    },
  };
}

/** The lexicon is read when somebody asks for a design, not when a server is stopped. */
function lazyModel(load: () => Promise<Model>): Model {
  let loaded: Promise<Model> | null = null;
  let name = 'planner';
  const model = async () => {
    loaded ??= load();
    const found = await loaded;
    name = found.name;
    return found;
  };
  return {
    get name() {
      return name;
    },
    detect: async (request, caller) => (await model()).detect(request, caller),
    design: async (request, base, caller) => (await model()).design(request, base, caller),
  };
}

/** The list of prices is two megabytes: it is loaded when something costs. */
const lazyPrices: Prices = {
  priceOf: async (model, tokens) => {
    const { listedPrices } = await import('./adapters/prices/listed/listed-prices.ts');
    return listedPrices().priceOf(model, tokens);
  },
};

/** What starts git is loaded when there is something to commit. */
function lazyRepository({ gitEnvironment }: Config): Repository {
  const load = async () => {
    const { gitRepository } = await import('./adapters/repository/git/git-repository.ts');
    return gitRepository({ environment: gitEnvironment });
  };
  return {
    open: async (directory) => (await load()).open(directory),
    commit: async (directory, order) => (await load()).commit(directory, order),
    begin: async (directory, order) => (await load()).begin(directory, order),
  };
}

/** The validator is loaded when there is something to check. */
const lazyContract: Contract = {
  open: async (document, options) => {
    const { ajvContract } = await import('./adapters/contract/ajv/ajv-contract.ts');
    return ajvContract().open(document, options);
  },
};

/** DBOS is the heaviest package we have: only a command that runs or forgets a run pays for it. */
function lazyRuns(load: () => Promise<Runs>): Runs {
  let loaded: Promise<Runs> | null = null;
  const runs = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    execute: async (projectId, body, options) => (await runs()).execute(projectId, body, options),
    list: async () => (await runs()).list(),
    find: async (projectId) => (await runs()).find(projectId),
    cancel: async (projectId) => (await runs()).cancel(projectId),
    whileIdle: async (projectId, work) => (await runs()).whileIdle(projectId, work),
    forget: async (projectId) => (await runs()).forget(projectId),
    close: async () => {
      if (loaded) await (await loaded).close();
    },
  };
}
