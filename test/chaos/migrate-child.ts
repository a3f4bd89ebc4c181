/**
 * The process that gets killed: it applies or takes back migrations, by our runner or by the naive one. Orders come as
 * lines of JSON, so that it can be started before it is needed; it answers each with a line.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import type { Login } from '../../src/domain/database.ts';
import { migrateDown, migrateUp } from '../../src/phases/migrate.ts';
import { migrateNaively } from './migrate-naive.ts';

export interface MigrateChildOrder {
  readonly verb: 'up' | 'down' | 'naive';
  readonly files: Readonly<Record<string, string>>;
  readonly login: Login;
  readonly to: string;
}

const services = { sql: postgresSql(), clock: systemClock(), progress: () => {} };

async function carryOut({ verb, files, login, to }: MigrateChildOrder): Promise<void> {
  if (verb === 'up') await migrateUp({ files, login }, services);
  else if (verb === 'down') await migrateDown({ files, login, to }, services);
  else await migrateNaively(files, login);
}

for await (const line of createInterface({ input: process.stdin })) {
  const failure = await carryOut(JSON.parse(line)).then(
    () => '',
    (error: unknown) => String(error),
  );
  process.stdout.write(`${JSON.stringify({ failure })}\n`);
}
