import { sql } from 'kysely';
import type { LoginRole } from '../../../domain/database.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';

type SecretMethods = Pick<StateStore, 'beginRotation' | 'endRotation' | 'resealSecret' | 'retireKeys'>;

const COLUMNS = {
  secrets: { mig: 'mig_secret', app: 'app_secret', ro: 'ro_secret' },
  nextSecrets: { mig: 'next_mig_secret', app: 'next_app_secret', ro: 'next_ro_secret' },
} as const satisfies Record<string, Record<LoginRole, string>>;

export function secretMethods({ open, clock }: Connection): SecretMethods {
  return {
    async beginRotation(projectId, env, generation, next) {
      const database = await open();
      const done = await database
        .updateTable('project_databases')
        .set({
          next_mig_secret: next.mig,
          next_app_secret: next.app,
          next_ro_secret: next.ro,
          rotation: 'roles',
          // Nobody who has not seen them may settle with them.
          generation: generation + 1,
          updated_at: clock.now(),
        })
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where('generation', '=', generation)
        .where('next_app_secret', 'is', null)
        .executeTakeFirst();
      return done.numUpdatedRows > 0n;
    },

    async endRotation(projectId, env) {
      const database = await open();
      await database
        .updateTable('project_databases')
        .set({ rotation: null })
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where('rotation', '=', 'files')
        .execute();
    },

    async resealSecret({ projectId, env, role, slot }, from, to) {
      const database = await open();
      const column = COLUMNS[slot][role];
      const done = await database
        .updateTable('project_databases')
        .set({ [column]: to })
        .where('project_id', '=', projectId)
        .where('env', '=', env)
        .where(column, '=', from)
        .executeTakeFirst();
      return done.numUpdatedRows > 0n;
    },

    async retireKeys(keyIds) {
      if (keyIds.length === 0) return true;
      const database = await open();
      return database.transaction().execute(async (transaction) => {
        // Whoever is writing a sealed value has finished after this line, or begins after the keys are retired.
        await sql`LOCK TABLE project_databases IN SHARE ROW EXCLUSIVE MODE`.execute(transaction);
        const sealed = await transaction
          .selectFrom('project_databases')
          .select('project_id')
          .where(sql<boolean>`sealing_keys(project_databases) && ${[...keyIds]}::text[]`)
          .executeTakeFirst();
        if (sealed) return false;
        await transaction
          .insertInto('retired_keys')
          .values(keyIds.map((id) => ({ id, retired_at: clock.now() })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        return true;
      });
    },
  };
}
