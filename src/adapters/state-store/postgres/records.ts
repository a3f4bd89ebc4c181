import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';

type RecordMethods = Pick<
  StateStore,
  'recordQuery' | 'recordDeployment' | 'recordGeneration' | 'listGeneratedSchemas' | 'recordActivity'
>;

const MAX_GENERATIONS = 50;

/** The one service a generated project has today; what it is written for is known when it is generated. */
const SERVICE = { name: 'api', framework: 'nitro' } as const;

export function recordMethods({ open, clock }: Connection): RecordMethods {
  return {
    async recordQuery({ projectId, env, kind, sql }) {
      const database = await open();
      await database
        .insertInto('generated_queries')
        .values({ project_id: projectId, env, kind, sql, created_at: clock.now() })
        .execute();
    },

    async recordDeployment(deployment, directory) {
      const database = await open();
      const now = clock.now();
      await database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('services')
          .values({ project_id: deployment.projectId, ...SERVICE, directory, created_at: now, updated_at: now })
          .onConflict((conflict) =>
            conflict.columns(['project_id', 'name']).doUpdateSet({ directory, updated_at: now }),
          )
          .execute();
        const { url, port, status } = deployment;
        await transaction
          .insertInto('deployments')
          .values({
            project_id: deployment.projectId,
            service: SERVICE.name,
            target: deployment.target,
            url,
            port,
            status,
            created_at: now,
            updated_at: now,
          })
          .onConflict((conflict) =>
            conflict.columns(['project_id', 'service', 'target']).doUpdateSet({ url, port, status, updated_at: now }),
          )
          .execute();
      });
    },

    async recordGeneration({ projectId, schema, files, toolVersion, framework, directory }) {
      const database = await open();
      const now = clock.now();
      await database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('generation_history')
          .values({
            project_id: projectId,
            schema: schema === null ? null : JSON.stringify(schema),
            files: JSON.stringify(files),
            tool_version: toolVersion,
            created_at: now,
          })
          .execute();
        await transaction
          .insertInto('services')
          .values({ project_id: projectId, name: SERVICE.name, framework, directory, created_at: now, updated_at: now })
          .onConflict((conflict) =>
            conflict.columns(['project_id', 'name']).doUpdateSet({ framework, directory, updated_at: now }),
          )
          .execute();
      });
    },

    async listGeneratedSchemas(projectId) {
      const database = await open();
      const rows = await database
        .selectFrom('generation_history')
        .select('schema')
        .where('project_id', '=', projectId)
        .where('schema', 'is not', null)
        .orderBy('id', 'desc')
        .limit(MAX_GENERATIONS)
        .execute();
      const texts = rows.map(({ schema }) => (typeof schema === 'string' ? schema : JSON.stringify(schema)));
      return [...new Set(texts)].map((text): unknown => JSON.parse(text));
    },

    async recordActivity({ projectId, action, details }) {
      const database = await open();
      await database
        .insertInto('activity_logs')
        .values({ project_id: projectId, action, details: JSON.stringify(details ?? {}), created_at: clock.now() })
        .execute();
    },
  };
}
