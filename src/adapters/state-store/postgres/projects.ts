import { type Selectable, sql } from 'kysely';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type ProjectMethods = Pick<
  StateStore,
  | 'claimProject'
  | 'findProject'
  | 'findProjectByDirectory'
  | 'listProjects'
  | 'setProjectStatus'
  | 'moveProject'
  | 'deleteProject'
  | 'wasDestroyed'
>;

type Row = Selectable<Tables['projects']> & { readonly owner: string };

function toProject(row: Row): ProjectRecord {
  const { id, name, owner, request, directory, status, created_at: createdAt } = row;
  return { id, name, owner, request, directory, status, createdAt };
}

export function projectMethods({ open, owner, clock, ids }: Connection): ProjectMethods {
  const withOwner = async () =>
    (await open())
      .selectFrom('projects')
      .innerJoin('users', 'users.id', 'projects.owner_id')
      .selectAll('projects')
      .select('users.name as owner');

  const find = async (column: 'id' | 'directory', value: string) => {
    const row = await (await withOwner()).where(`projects.${column}`, '=', value).executeTakeFirst();
    return row ? toProject(row) : null;
  };

  const ownerId = async () => {
    const database = await open();
    await database
      .insertInto('users')
      .values({ id: ids.rowId(), name: owner, created_at: clock.now() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const row = await database.selectFrom('users').select('id').where('name', '=', owner).executeTakeFirstOrThrow();
    return row.id;
  };

  return {
    async claimProject(project) {
      const database = await open();
      await database
        .insertInto('projects')
        .values({
          id: project.id,
          owner_id: await ownerId(),
          name: project.name,
          request: project.request,
          directory: project.directory,
          status: 'creating',
          created_at: project.createdAt,
          updated_at: clock.now(),
        })
        // A row of the same folder or id is given back as it is: who comes second joins, and decides by looking at it.
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const claimed = (await find('directory', project.directory)) ?? (await find('id', project.id));
      if (claimed) return claimed;
      throw new Error(`project ${project.id} went away while it was claimed`);
    },

    findProject: (id) => find('id', id),
    findProjectByDirectory: (directory) => find('directory', directory),

    async listProjects() {
      const rows = await (await withOwner()).orderBy('projects.created_at').orderBy('projects.id').execute();
      return rows.map(toProject);
    },

    async setProjectStatus(id, status) {
      const database = await open();
      await database.updateTable('projects').set({ status, updated_at: clock.now() }).where('id', '=', id).execute();
    },

    async moveProject(id, directory) {
      const database = await open();
      await database.updateTable('projects').set({ directory, updated_at: clock.now() }).where('id', '=', id).execute();
    },

    async wasDestroyed(idOrName) {
      const database = await open();
      const living = await database
        .selectFrom('projects')
        .select('id')
        .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
        .executeTakeFirst();
      if (living) return false;
      const destroyed = await database
        .selectFrom('activity_logs')
        .select('id')
        .where('action', '=', 'destroyed')
        .where((where) => where.or([where('project_id', '=', idOrName), where(sql`details->>'name'`, '=', idOrName)]))
        .executeTakeFirst();
      return destroyed !== undefined;
    },

    async deleteProject(id) {
      const database = await open();
      await database.deleteFrom('projects').where('id', '=', id).execute();
    },
  };
}
