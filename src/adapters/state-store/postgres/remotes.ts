import { type Selectable, sql } from 'kysely';
import { TurboError } from '../../../domain/errors.ts';
import type { RemoteRecord } from '../../../ports/state-records.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type RemoteMethods = Pick<StateStore, 'wishRemote' | 'settleRemote' | 'listRemotes' | 'forgetRemote'>;

export function remoteMethods({ open, clock }: Connection): RemoteMethods {
  return {
    async wishRemote({ projectId, remote, place, details }) {
      const database = await open();
      // The project's row is held meanwhile, so that whoever is about to destroy it comes before or after, and sees this.
      const { rows } = await sql<{ project_id: string }>`
        WITH living AS (
          SELECT id FROM projects WHERE id = ${projectId} AND status <> 'destroying' FOR SHARE
        )
        INSERT INTO project_remotes AS found (project_id, remote, place, status, details, created_at, updated_at)
        SELECT id, ${remote}, ${place}, 'wished', ${JSON.stringify(details)}::jsonb, ${clock.now()}, ${clock.now()}
        FROM living
        ON CONFLICT (project_id, remote, place)
          DO UPDATE SET details = found.details || excluded.details, updated_at = excluded.updated_at
        RETURNING project_id`.execute(database);
      if (rows.length > 0) return;
      throw new TurboError('project.not_found', `Project ${projectId} is being destroyed, or was.`, {
        hint: 'turbobackend list',
      });
    },

    async settleRemote({ projectId, remote, place, details }) {
      const database = await open();
      await sql`
        UPDATE project_remotes
        SET status = 'there', details = details || ${JSON.stringify(details)}::jsonb, updated_at = ${clock.now()}
        WHERE project_id = ${projectId} AND remote = ${remote} AND place = ${place}`.execute(database);
    },

    async listRemotes(projectId) {
      const database = await open();
      const all = database.selectFrom('project_remotes').selectAll();
      const rows = await (projectId === undefined ? all : all.where('project_id', '=', projectId))
        .orderBy('created_at')
        .orderBy('remote')
        .orderBy('place')
        .execute();
      return rows.map(toRemote);
    },

    async forgetRemote({ projectId, remote, place }) {
      const database = await open();
      await database
        .deleteFrom('project_remotes')
        .where('project_id', '=', projectId)
        .where('remote', '=', remote)
        .where('place', '=', place)
        .execute();
    },
  };
}

function toRemote(row: Selectable<Tables['project_remotes']>): RemoteRecord {
  const { project_id: projectId, remote, place, status, details, updated_at: updatedAt } = row;
  return { projectId, remote, place, status, details, updatedAt };
}
