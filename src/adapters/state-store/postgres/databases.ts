import { type Kysely, type Selectable, sql } from 'kysely';
import { TRASH_SECONDS } from '../../../domain/database.ts';
import type { Wish } from '../../../domain/provisioning.ts';
import type { DatabaseRecord, DatabaseWish } from '../../../ports/state-records.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import { admit } from './admission.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type DatabaseMethods = Pick<
  StateStore,
  | 'wishDatabase'
  | 'abandonDatabase'
  | 'findDatabase'
  | 'listDatabases'
  | 'listExpiredTrash'
  | 'listForsaken'
  | 'settleDatabase'
  | 'deleteDatabase'
  | 'setLimits'
>;

type Row = Selectable<Tables['project_databases']>;

function toRecord(row: Row): DatabaseRecord {
  return {
    projectId: row.project_id,
    env: row.env,
    databaseName: row.db_name,
    systemIdentifier: row.system_identifier,
    desired: row.desired,
    status: row.status,
    generation: row.generation,
    secrets: { mig: row.mig_secret, app: row.app_secret, ro: row.ro_secret },
    nextSecrets: toNextSecrets(row),
    rotation: row.rotation,
    trashName: row.trash_name,
    trashedAt: row.trashed_at,
    limits: {
      connections: row.connection_limit,
      statementTimeoutSeconds: row.statement_timeout_seconds,
      storageMb: row.storage_mb === NO_BOUND ? 'none' : row.storage_mb,
    },
    lastError: row.last_error,
    updatedAt: row.updated_at,
  };
}

function toNextSecrets({ next_mig_secret: mig, next_app_secret: app, next_ro_secret: ro }: Row) {
  return mig === null || app === null || ro === null ? null : { mig, app, ro };
}

/** In the column of the bound of storage, where null means the setting. */
const NO_BOUND = 0;

/** Unix seconds by the server's clock: whether something has expired must not depend on the machine that asks. */
const SERVER_NOW = sql<number>`extract(epoch FROM now())::bigint`;

/** The id of the project, or the name a destroyed one had that none of today's has. */
const isDestroyedAs = (idOrName: string) => sql<boolean>`(
  project_id = ${idOrName}
  OR NOT EXISTS (SELECT FROM projects WHERE name = ${idOrName})
    AND EXISTS (SELECT FROM activity_logs log WHERE log.project_id = project_databases.project_id
      AND log.action = 'destroyed' AND log.details->>'name' = ${idOrName}))`;

/** How a wish reads while it is carried out, and when it is settled. */
const STATUS: Readonly<Record<Wish, { readonly begun: Row['status']; readonly settled: Row['status'] | null }>> = {
  present: { begun: 'creating', settled: 'ready' },
  trashed: { begun: 'deleting', settled: 'trashed' },
  absent: { begun: 'deleting', settled: null },
};

export function databaseMethods({ open, clock }: Connection): DatabaseMethods {
  const find = async (projectId: string, env: Row['env']) => {
    const database = await open();
    const row = await database
      .selectFrom('project_databases')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('env', '=', env)
      .executeTakeFirst();
    return row ? toRecord(row) : null;
  };

  return {
    async wishDatabase(wish) {
      const database = await open();
      const row =
        wish.desired === 'present'
          ? await database.transaction().execute(async (transaction) => {
              await admit(wish, transaction);
              return writeWish(wish, clock.now(), transaction);
            })
          : await writeWish(wish, clock.now(), database);
      if (row) return toRecord(row);
      const settled = await find(wish.projectId, wish.env);
      if (settled) return settled;
      throw new Error(`the record of ${wish.databaseName} went away while it was wished for`);
    },

    async abandonDatabase(projectId, env, generation) {
      const database = await open();
      const row = await database
        .updateTable('project_databases')
        .set({ desired: 'absent', status: 'deleting', generation: generation + 1, updated_at: clock.now() })
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where('generation', '=', generation)
        .returningAll()
        .executeTakeFirst();
      return row ? toRecord(row) : null;
    },

    findDatabase: find,

    async listDatabases(projectId) {
      const database = await open();
      const all = database.selectFrom('project_databases').selectAll().orderBy('db_name');
      const rows = await (projectId === undefined ? all : all.where('project_id', '=', projectId)).execute();
      return rows.map(toRecord);
    },

    async listExpiredTrash() {
      const database = await open();
      const rows = await database
        .selectFrom('project_databases')
        .selectAll()
        .where('desired', '=', 'trashed')
        .where('status', '=', 'trashed')
        .where('trashed_at', '<=', sql<number>`${SERVER_NOW} - ${TRASH_SECONDS}::bigint`)
        .orderBy('db_name')
        .execute();
      return rows.map(toRecord);
    },

    async listForsaken(idOrName) {
      const database = await open();
      const all = database
        .selectFrom('project_databases')
        .selectAll()
        // One look at both tables: of two, a project may be made or destroyed in between.
        .where(sql<boolean>`NOT EXISTS (SELECT FROM projects WHERE id = project_databases.project_id)`)
        .where(sql<boolean>`NOT EXISTS (SELECT FROM scratch_databases WHERE id = project_databases.project_id)`)
        .orderBy('db_name');
      const rows = await (idOrName === undefined ? all : all.where(isDestroyedAs(idOrName))).execute();
      return rows.map(toRecord);
    },

    async settleDatabase(projectId, env, generation, { status, lastError = null }) {
      const database = await open();
      const now = clock.now();
      const done = await database
        .updateTable('project_databases')
        .set({ status, last_error: lastError, updated_at: now })
        .$if(status === 'trashed', (query) => query.set({ trashed_at: sql`coalesce(trashed_at, ${SERVER_NOW})` }))
        .$if(status === 'ready' && lastError === null, (query) =>
          query.set({
            trash_name: null,
            trashed_at: null,
            mig_secret: sql`coalesce(next_mig_secret, mig_secret)`,
            app_secret: sql`coalesce(next_app_secret, app_secret)`,
            ro_secret: sql`coalesce(next_ro_secret, ro_secret)`,
            rotation: sql`CASE WHEN next_app_secret IS NULL THEN rotation ELSE 'files' END`,
            next_mig_secret: null,
            next_app_secret: null,
            next_ro_secret: null,
          }),
        )
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where('generation', '=', generation)
        .executeTakeFirst();
      return done.numUpdatedRows > 0n;
    },

    async deleteDatabase(projectId, env, generation) {
      const database = await open();
      const done = await database
        .deleteFrom('project_databases')
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where('generation', '=', generation)
        .executeTakeFirst();
      return done.numDeletedRows > 0n;
    },

    async setLimits(projectId, env, { connections, statementTimeoutSeconds, storageMb }) {
      // Doctor's ten minutes for work that was cut run on: `updated_at` stays.
      const set = {
        ...(connections === undefined ? {} : { connection_limit: connections }),
        ...(statementTimeoutSeconds === undefined ? {} : { statement_timeout_seconds: statementTimeoutSeconds }),
        ...(storageMb === undefined ? {} : { storage_mb: storageMb === 'none' ? NO_BOUND : storageMb }),
      };
      if (Object.keys(set).length === 0) return;
      const database = await open();
      await database
        .updateTable('project_databases')
        .set(set)
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .execute();
    },
  };
}

/** Nothing is given back when the row wishes the same already and is settled. */
async function writeWish(wish: DatabaseWish, now: number, database: Kysely<Tables>): Promise<Row | undefined> {
  const { begun, settled } = STATUS[wish.desired];
  return database
    .insertInto('project_databases')
    .values({
      project_id: wish.projectId,
      env: wish.env,
      db_name: wish.databaseName,
      system_identifier: wish.systemIdentifier,
      desired: wish.desired,
      status: begun,
      generation: 1,
      mig_secret: wish.secrets.mig,
      app_secret: wish.secrets.app,
      ro_secret: wish.secrets.ro,
      trash_name: wish.trashName ?? null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'env'])
        .doUpdateSet({
          desired: wish.desired,
          status: begun,
          generation: sql<number>`project_databases.generation + 1`,
          trash_name: sql<string | null>`coalesce(project_databases.trash_name, excluded.trash_name)`,
          // Its days begin anew when it goes there again, also after a way back, or a removal, that was cut.
          trashed_at: sql<number | null>`CASE
            WHEN excluded.desired = 'trashed' AND project_databases.desired <> 'trashed' THEN NULL
            ELSE project_databases.trashed_at END`,
          last_error: null,
          updated_at: now,
        })
        .where((where) =>
          where.or([
            where('project_databases.desired', '<>', wish.desired),
            ...(settled === null ? [where.lit(true)] : [where('project_databases.status', '<>', settled)]),
          ]),
        ),
    )
    .returningAll()
    .executeTakeFirst();
}
