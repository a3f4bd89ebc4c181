import { type Selectable, sql } from 'kysely';
import type { ProjectRecord, StateStore } from '../../../ports/state-store.ts';
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

function toProject(row: Selectable<Tables['projects']>): ProjectRecord {
  const { id, name, request, directory, status, created_at: createdAt } = row;
  return { id, name, request, directory, status, createdAt };
}

export function projectMethods({ open, owner, clock, ids }: Connection): ProjectMethods {
  const find = async (column: 'id' | 'directory', value: string) => {
    const database = await open();
    const row = await database.selectFrom('projects').selectAll().where(column, '=', value).executeTakeFirst();
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
      const row = await database
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
        .returningAll()
        .executeTakeFirst();
      if (row) return toProject(row);
      return (
        (await find('directory', project.directory)) ??
        toProject(
          await database.selectFrom('projects').selectAll().where('id', '=', project.id).executeTakeFirstOrThrow(),
        )
      );
    },

    findProject: (id) => find('id', id),
    findProjectByDirectory: (directory) => find('directory', directory),

    async listProjects() {
      const database = await open();
      const rows = await database.selectFrom('projects').selectAll().orderBy('created_at').orderBy('id').execute();
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
