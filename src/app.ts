import { join } from 'node:path';
import { type Endings, endings } from './app/ending.ts';
import { lazyContract, lazyRepository, lazyRuns } from './app/lazy.ts';
import { builtInModel, lazyModel, openAskedModel, openWriter } from './app/models.ts';
import { openRemotes } from './app/remotes.ts';
import { type Config, chooseNetwork } from './config.ts';
import type { Finding } from './domain/finding.ts';
import type { ReportProgress } from './domain/progress.ts';
import type { Clock, Ids } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';
import type { ApiDocuments } from './ports/contract.ts';
import type { Model } from './ports/model.ts';
import type { Needs, Services } from './ports/services.ts';
import type { Templates } from './ports/templates.ts';

/**
 * The composition root: from a Config to the services the verbs need. The only importer of adapters. Nothing is
 * opened, started or connected here; each adapter does so at its first call.
 */

export type App = Services & { readonly ending: Endings; close(): Promise<void> };

/** Only the built-in model: for `detect` and `design-schema` as functions of a sentence, without a database. */
export async function openModel(config: Config): Promise<Model> {
  return builtInModel(config);
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
  const ending = endings();
  const services: Services & Pick<App, 'ending'> = {
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
    http: http.nodeHttp({ network: () => chooseNetwork(config.network) }),
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
    ending,
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
