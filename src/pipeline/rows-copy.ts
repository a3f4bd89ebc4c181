import type { Catalog } from '../domain/catalog.ts';
import type { Environment, Login } from '../domain/database.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { openLogin } from '../operations/open-login.ts';
import { readCatalog } from '../operations/read-catalog.ts';
import { type ScratchDatabase, withScratchDatabase } from '../operations/scratch-database.ts';
import { migrateUp } from '../phases/migrate.ts';
import type { SqlSession } from '../ports/sql.ts';
import type { FileTree } from '../ports/workspace.ts';
import { copyRows, countRows } from './copy-rows.ts';
import { readMigrations } from './migration-files.ts';
import { type Prepared, prepare } from './prepared.ts';
import type { TrialNeeds } from './trial-database.ts';

/** More are not copied for a rehearsal; then it is done without rows. */
const MAX_ROWS = 1_000_000;

/** A database of its own with a project's migrations and the rows of an environment. */
export interface RowsCopy {
  readonly scratch: ScratchDatabase;
  /** The role that owns everything in it, and a session of that. */
  readonly login: Login;
  readonly session: SqlSession;
  /** The migrations that were applied. */
  readonly files: FileTree;
  /** What it holds beside its rows. */
  readonly catalog: Catalog;
  /** Rows that were copied; null: there were too many, and it has none. */
  readonly rows: number | null;
  /** Milliseconds of counting and copying. */
  readonly copyMs: number;
}

/** A copy that is made while something else goes on: copying takes as long as planning. */
export interface PreparedCopy extends Prepared<RowsCopy> {
  /** Of its database, as soon as that is there, long before its rows are. Throws what making it throws. */
  scratchId(): Promise<string>;
}

/** Nothing is made before it is begun. Throws what migrating and copying throw, to who asks for it. */
export function prepareCopy(folder: ProjectFolder, env: Environment, services: TrialNeeds): PreparedCopy {
  const place = prepare<ScratchDatabase>((use) => withScratchDatabase(folder.project.id, services, use));
  const copy = prepare<RowsCopy>((use, signal) => withRowsCopy(folder, { env, place, signal }, services, use));
  return {
    begin() {
      place.begin();
      copy.begin();
    },
    ready: copy.ready,
    scratchId: async () => (await place.ready()).id,
    async end() {
      await copy.end();
      await place.end();
    },
  };
}

interface CopyOrder {
  readonly env: Environment;
  readonly place: Prepared<ScratchDatabase>;
  readonly signal: AbortSignal;
}

/** The copy for the time of `work`. Throws what migrating, copying and `work` throw, and `signal`'s reason when it is aborted. */
async function withRowsCopy(
  folder: ProjectFolder,
  { env, place, signal }: CopyOrder,
  services: TrialNeeds,
  work: (copy: RowsCopy) => Promise<void>,
): Promise<void> {
  const files = await readMigrations(folder, services);
  const source = await services.sql.connect(await openLogin(folder.project.id, env, 'mig', services));
  try {
    const scratch = await place.ready();
    signal.throwIfAborted();
    const login = await scratch.login('mig');
    await migrateUp({ files, login, keepSum() {} }, services);
    const session = await services.sql.connect(login);
    try {
      const catalog = await readCatalog(session);
      const { clock } = services;
      const startedAt = clock.elapsedMs();
      const rows = await countRows(catalog, source);
      if (rows <= MAX_ROWS) await copyRows(catalog, source, session, signal);
      const copyMs = clock.elapsedMs() - startedAt;
      await work({ scratch, login, session, files, catalog, rows: rows <= MAX_ROWS ? rows : null, copyMs });
    } finally {
      await session.close();
    }
  } finally {
    await source.close();
  }
}
