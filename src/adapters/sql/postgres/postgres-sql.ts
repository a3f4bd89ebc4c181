import type { Client, QueryResult } from 'pg';
import type { Login } from '../../../domain/database.ts';
import type { Sql, SqlResult, SqlSession } from '../../../ports/sql.ts';
import { endClient } from '../../shared/postgres/end-client.ts';
import { openClient } from './connect.ts';
import { copyIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import { translateQueryError } from './errors.ts';

/** The `Sql` port over node-postgres: one connection per session, no pool, no state between sessions. */
export function postgresSql(): Sql {
  return {
    async connect(login: Login, settings: Readonly<Record<string, string>> = {}) {
      return session(await openClient(login, settings));
    },
  };
}

function session(client: Client): SqlSession {
  let lost = false;
  client.on('end', () => {
    lost = true;
  });
  client.on('error', () => {
    lost = true;
  });
  return {
    async query(text, values) {
      try {
        return toResult(await run(client, text, values));
      } catch (error) {
        throw translateQueryError(error, lost);
      }
    },
    copyOut: (query) => copyOut(client, query, (error) => translateQueryError(error, lost)),
    async copyIn(into, pieces) {
      try {
        return await copyIn(client, into, pieces);
      } catch (error) {
        throw translateQueryError(error, lost);
      }
    },
    async close() {
      await endClient(client);
    },
  };
}

/** With values, also with none of them, only one statement passes: the extended protocol refuses a second (42601). */
function run(client: Client, text: string, values: readonly unknown[] | undefined): Promise<QueryResult> {
  if (values === undefined) return client.query(text);
  const statement = { text, values: [...values], queryMode: 'extended' };
  return client.query(statement);
}

/** Several statements give several results; the last one counts. */
function toResult(result: QueryResult | QueryResult[]): SqlResult {
  const last = Array.isArray(result) ? result.at(-1) : result;
  return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0 };
}
