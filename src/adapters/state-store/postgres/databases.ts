import { type Selectable, sql } from 'kysely';
import type { DatabaseRecord, StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type DatabaseMethods = Pick<
  StateStore,
  'wishDatabase' | 'findDatabase' | 'listDatabases' | 'settleDatabase' | 'deleteDatabase'
>;

function toRecord(row: Selectable<Tables['project_databases']>): DatabaseRecord {
  return {
    projectId: row.project_id,
    env: row.env,
    databaseName: row.db_name,
    systemIdentifier: row.system_identifier,
    desired: row.desired,
    status: row.status,
    generation: row.generation,
    secrets: { mig: row.mig_secret, app: row.app_secret, ro: row.ro_secret },
    lastError: row.last_error,
  };
}

const SETTLED = { present: 'ready', absent: 'trashed' } as const;

export function databaseMethods({ open, clock }: Connection): DatabaseMethods {
  return {
    async wishDatabase(wish) {
      const database = await open();
      const now = clock.now();
      const status = wish.desired === 'present' ? 'creating' : 'deleting';
      const row = await database
        .insertInto('project_databases')
        .values({
          project_id: wish.projectId,
          env: wish.env,
          db_name: wish.databaseName,
          system_identifier: wish.systemIdentifier,
          desired: wish.desired,
          status,
          generation: 1,
          mig_secret: wish.secrets.mig,
          app_secret: wish.secrets.app,
          ro_secret: wish.secrets.ro,
          trash_name: null,
          last_error: null,
          created_at: now,
          updated_at: now,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['project_id', 'env'])
            .doUpdateSet({
              desired: wish.desired,
              status,
              generation: sql<number>`project_databases.generation + 1`,
              last_error: null,
              updated_at: now,
            })
            .where((where) =>
              where.or([
                where('project_databases.desired', '<>', wish.desired),
                where('project_databases.status', '<>', SETTLED[wish.desired]),
              ]),
            ),
        )
        .returningAll()
        .executeTakeFirst();
      if (row) return toRecord(row);
      return toRecord(
        await database
          .selectFrom('project_databases')
          .selectAll()
          .where('project_id', '=', wish.projectId)
          .where('env', '=', wish.env)
          .executeTakeFirstOrThrow(),
      );
    },

    async findDatabase(projectId, env) {
      const database = await open();
      const row = await database
        .selectFrom('project_databases')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .executeTakeFirst();
      return row ? toRecord(row) : null;
    },

    async listDatabases() {
      const database = await open();
      const rows = await database.selectFrom('project_databases').selectAll().orderBy('db_name').execute();
      return rows.map(toRecord);
    },

    async settleDatabase(projectId, env, generation, outcome) {
      const database = await open();
      const done = await database
        .updateTable('project_databases')
        .set({ status: outcome.status, last_error: outcome.lastError ?? null, updated_at: clock.now() })
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
  };
}
