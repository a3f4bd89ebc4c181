import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type DatabaseNames, databaseNames, type Login, type LoginRole } from '../../src/domain/database.ts';

/**
 * A project's roles and database, made by hand and not by the code under test, as the isolation design has them.
 */
export interface ProjectDatabase {
  readonly names: DatabaseNames;
  login(role: LoginRole): Login;
  /** Runs a query as the administrator, inside the project's database. */
  admin<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
  drop(): Promise<void>;
}

interface Admin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

async function asAdmin<T>(admin: Admin, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...admin, database });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function letters(length: number): string {
  return [...randomBytes(length)].map((byte) => 'abcdefghijklmnopqrstuvwxyz'[byte % 26]).join('');
}

/** Borrow with this, give back with `drop()`. `cluster` is what the global set-up provides. */
export async function makeProjectDatabase(cluster: Admin): Promise<ProjectDatabase> {
  const { host, port, user, password } = cluster;
  const admin = { host, port, user, password };
  const names = databaseNames(letters(16));
  const { database: db, owner, mig, app, ro } = names;
  const secret = randomBytes(16).toString('hex');
  const login = (role: string, limit: number, rest = ''): string =>
    `CREATE ROLE ${role} LOGIN ${rest} CONNECTION LIMIT ${limit} PASSWORD '${secret}'`;
  await asAdmin(admin, 'postgres', async (client) => {
    await client.query(
      `BEGIN; CREATE ROLE ${db} NOLOGIN; CREATE ROLE ${owner} NOLOGIN; ${login(mig, 4, 'NOINHERIT')}; ${login(app, 20)}; ${login(ro, 3)};
       GRANT ${owner} TO ${mig} WITH INHERIT FALSE, SET TRUE, ADMIN FALSE;
       GRANT ${db} TO ${mig}, ${app}, ${ro} WITH INHERIT FALSE, SET FALSE, ADMIN FALSE; COMMIT`,
    );
    await client.query(`CREATE DATABASE ${db} OWNER ${owner} TEMPLATE template0 CONNECTION LIMIT 40`);
    await client.query(
      `REVOKE ALL ON DATABASE ${db} FROM PUBLIC; GRANT CONNECT ON DATABASE ${db} TO ${mig}, ${app}, ${ro};
       ALTER ROLE ${mig} IN DATABASE ${db} SET role = '${owner}';
       ${[mig, app, ro].map((role) => `ALTER ROLE ${role} IN DATABASE ${db} SET search_path = app, pg_catalog;`).join('')}`,
    );
  });
  await asAdmin(admin, db, (client) =>
    client.query(
      `DROP SCHEMA public; CREATE SCHEMA app AUTHORIZATION ${owner}; CREATE SCHEMA tb AUTHORIZATION ${owner};
       GRANT USAGE ON SCHEMA app TO ${app}, ${ro};
       ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA app GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};
       ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA app GRANT SELECT ON TABLES TO ${ro};
       ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
       REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC`,
    ),
  );
  return {
    names,
    login: (role) => ({ host, port, database: db, user: names[role], password: secret }),
    admin: (sql, values) => asAdmin(admin, db, async (client) => (await client.query(sql, values)).rows),
    drop: () =>
      asAdmin(admin, 'postgres', async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${db} WITH (FORCE)`);
        await client.query(`DROP ROLE IF EXISTS ${[mig, app, ro, owner, db].join(', ')}`);
      }),
  };
}
