import { sql } from 'kysely';
import type { ModelCost } from '../../../domain/model-cost.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Connection } from './connection.ts';

type ModelCallMethods = Pick<
  StateStore,
  | 'beginModelCall'
  | 'endModelCall'
  | 'findModelAnswer'
  | 'rejectModelAnswers'
  | 'modelSpending'
  | 'listModelCosts'
  | 'recordToolResults'
  | 'findToolResults'
>;

const money = (usd: number | null) => (usd === null ? null : usd.toFixed(6));

export function modelCallMethods({ open, clock }: Connection): ModelCallMethods {
  return {
    async beginModelCall({ projectId, phase, provider, model, key, reservedUsd }) {
      const database = await open();
      const { id } = await database
        .insertInto('model_calls')
        .values({
          project_id: projectId,
          phase,
          provider,
          model,
          call_key: key,
          reserved_usd: money(reservedUsd),
          ms: 0,
          outcome: 'sent',
          created_at: clock.now(),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },

    async endModelCall(id, { outcome, tokens, costUsd, ms, answer }) {
      const database = await open();
      await database
        .updateTable('model_calls')
        .set({
          outcome,
          input_tokens: tokens.input,
          output_tokens: tokens.output,
          cached_tokens: tokens.cached,
          reasoning_tokens: tokens.reasoning,
          cost_usd: money(costUsd),
          ms: Math.round(ms),
          answer,
        })
        .where('id', '=', id)
        .execute();
    },

    async findModelAnswer(key) {
      const database = await open();
      const row = await database
        .selectFrom('model_calls')
        .select('answer')
        .where('call_key', '=', key)
        .where('outcome', '=', 'ok')
        .orderBy('id', 'desc')
        .executeTakeFirst();
      return row?.answer ?? null;
    },

    async rejectModelAnswers(keys) {
      if (keys.length === 0) return;
      const database = await open();
      await database
        .updateTable('model_calls')
        .set({ outcome: 'rejected' })
        .where('call_key', 'in', [...keys])
        .where('outcome', '=', 'ok')
        .execute();
    },

    async recordToolResults(key, results) {
      const database = await open();
      const row = { call_key: key, results: JSON.stringify(results), at: clock.now() };
      await database
        .insertInto('tool_results')
        .values(row)
        .onConflict((conflict) => conflict.column('call_key').doNothing())
        .execute();
    },

    async findToolResults(key) {
      const database = await open();
      const found = database.selectFrom('tool_results').select('results').where('call_key', '=', key);
      return (await found.executeTakeFirst())?.results ?? null;
    },

    async modelSpending(projectId) {
      const database = await open();
      const row = await database
        .selectFrom('model_calls')
        .select(({ fn }) => [
          fn.countAll<number>().filterWhere('provider', '<>', 'builtin').as('calls'),
          sql<number>`coalesce(sum(coalesce(cost_usd, reserved_usd)), 0)::float8`.as('at_most'),
          sql<number>`coalesce(sum(cost_usd), 0)::float8`.as('cost'),
          sql<boolean>`coalesce(bool_or(cost_usd IS NULL), false)`.as('unpriced'),
        ])
        .where('project_id', '=', projectId)
        .executeTakeFirstOrThrow();
      return { calls: row.calls, atMostUsd: row.at_most, costUsd: row.unpriced ? null : row.cost };
    },

    async listModelCosts(projectId) {
      const database = await open();
      const { rows } = await sql<ModelCost>`
        SELECT c.project_id AS "projectId", p.name AS project, c.phase, c.provider, c.model,
          to_char(to_timestamp(c.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
          count(*) AS calls,
          json_build_object('input', coalesce(sum(c.input_tokens), 0), 'output', coalesce(sum(c.output_tokens), 0),
            'cached', coalesce(sum(c.cached_tokens), 0), 'reasoning', coalesce(sum(c.reasoning_tokens), 0)) AS tokens,
          sum(c.cost_usd)::float8 AS "costUsd",
          count(*) FILTER (WHERE c.cost_usd IS NULL) AS "unpricedCalls",
          sum(c.ms)::float8 AS ms
        FROM model_calls c LEFT JOIN projects p ON p.id = c.project_id
        WHERE ${projectId === undefined ? sql`true` : sql`c.project_id = ${projectId}`}
        GROUP BY 1, 2, 3, 4, 5, 6
        ORDER BY 6, 2, 3, 4, 5`.execute(database);
      return rows;
    },
  };
}
