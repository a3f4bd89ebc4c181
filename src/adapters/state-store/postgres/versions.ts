import { sql } from 'kysely';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';

type VersionMethods = Pick<StateStore, 'addVersion' | 'updateVersion' | 'removeVersion' | 'listVersions'>;

export function versionMethods({ open, clock }: Connection): VersionMethods {
  return {
    async addVersion(projectId, { kind, state, details }) {
      const database = await open();
      const { number } = await database
        .insertInto('versions')
        .values((values) => ({
          project_id: projectId,
          number: values
            .selectFrom('versions')
            .where('project_id', '=', projectId)
            .select(sql<number>`coalesce(max(number), 0) + 1`.as('next')),
          kind,
          state,
          details: JSON.stringify(details),
          created_at: clock.now(),
        }))
        .returning('number')
        .executeTakeFirstOrThrow();
      return number;
    },

    async updateVersion(projectId, { number, state, details }) {
      const database = await open();
      await database
        .updateTable('versions')
        .set({ state, details: JSON.stringify(details) })
        .where('project_id', '=', projectId)
        .where('number', '=', number)
        .execute();
    },

    async removeVersion(projectId, number) {
      const database = await open();
      await database.deleteFrom('versions').where('project_id', '=', projectId).where('number', '=', number).execute();
    },

    async listVersions(projectId) {
      const database = await open();
      const rows = await database
        .selectFrom('versions')
        .selectAll()
        .where('project_id', '=', projectId)
        .orderBy('number')
        .execute();
      return rows.map(({ number, kind, state, details, created_at }) => ({
        number,
        kind,
        state,
        details,
        createdAt: created_at,
      }));
    },
  };
}
