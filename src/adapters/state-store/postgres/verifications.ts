import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';

type VerificationMethods = Pick<
  StateStore,
  'addScratch' | 'listScratches' | 'removeScratch' | 'recordVerification' | 'findVerification'
>;

export function verificationMethods({ open, clock }: Connection): VerificationMethods {
  return {
    async addScratch({ id, projectId }) {
      const database = await open();
      await database
        .insertInto('scratch_databases')
        .values({ id, project_id: projectId, created_at: clock.now() })
        .execute();
    },

    async listScratches(projectId) {
      const database = await open();
      const all = database.selectFrom('scratch_databases').selectAll().orderBy('created_at').orderBy('id');
      const rows = await (projectId === undefined ? all : all.where('project_id', '=', projectId)).execute();
      return rows.map((row) => ({ id: row.id, projectId: row.project_id }));
    },

    async removeScratch(id) {
      const database = await open();
      // Statements are kept for what has a history; this one has none.
      await database.deleteFrom('generated_queries').where('project_id', '=', id).execute();
      await database.deleteFrom('scratch_databases').where('id', '=', id).execute();
    },

    async recordVerification(projectId, { fingerprint, report }) {
      const database = await open();
      const { profile, passed } = report;
      const row = { fingerprint, profile, passed, report: JSON.stringify(report), created_at: clock.now() };
      await database
        .insertInto('verifications')
        .values({ project_id: projectId, ...row })
        .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
        .execute();
    },

    async findVerification(projectId) {
      const database = await open();
      const row = await database
        .selectFrom('verifications')
        .select(['fingerprint', 'report'])
        .where('project_id', '=', projectId)
        .executeTakeFirst();
      return row ?? null;
    },
  };
}
