import type { DatabaseNames, Login, LoginRole } from '../../../domain/database.ts';
import type { Passwords } from '../../../ports/database-admin.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';

/**
 * Catalogue lookups never meet a look-alike, and nothing waits for ever. What an owner may have set for the whole
 * database (ALTER DATABASE … SET role, read-only) does not reach these sessions.
 */
export const SESSION_SETTINGS = {
  search_path: 'pg_catalog',
  role: 'none',
  default_transaction_read_only: 'off',
  statement_timeout: '120s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '60s',
};

interface Door {
  readonly sql: Sql;
  readonly connect: (database: string) => Login | Promise<Login>;
}

/** Connections into one project's database; they are opened at the first use, and are gone before it is taken away. */
export interface Visits {
  /** As `_mig`; kept from one look to the next. */
  asMigrator(names: DatabaseNames, passwords: Passwords): Promise<SqlSession>;
  asAdministrator(names: DatabaseNames): Promise<SqlSession>;
  /** Starts both while there is something else to do; what fails here fails again, and is told, at the first use. */
  prepare(names: DatabaseNames, passwords: Passwords): void;
  readonly hasMigrator: boolean;
  /** The administrator has no business inside any longer; does not wait. */
  endAdministrator(): void;
  /** Resolves when all of them are gone. */
  leave(): Promise<void>;
}

export function visits(door: Door): Visits {
  const open = new Map<'mig' | 'administrator', Promise<SqlSession>>();
  const endings = new Set<Promise<void>>();
  const enter = (who: 'mig' | 'administrator', login: () => Promise<Login>): Promise<SqlSession> => {
    const known = open.get(who);
    if (known) return known;
    const entering = login()
      .then((settled) => door.sql.connect(settled, SESSION_SETTINGS))
      .catch((error) => {
        open.delete(who);
        throw error;
      });
    open.set(who, entering);
    return entering;
  };
  const end = (who: 'mig' | 'administrator') => {
    const session = open.get(who);
    open.delete(who);
    if (!session) return;
    const ending = session.then(
      (entered) => entered.close(),
      () => {},
    );
    endings.add(ending);
    void ending.finally(() => endings.delete(ending));
  };
  const all: Visits = {
    asMigrator: (names, passwords) => enter('mig', () => projectLogin(door, names, 'mig', passwords)),
    asAdministrator: (names) => enter('administrator', async () => door.connect(names.database)),
    prepare(names, passwords) {
      all.asAdministrator(names).catch(() => {});
      all.asMigrator(names, passwords).catch(() => {});
    },
    get hasMigrator() {
      return open.has('mig');
    },
    endAdministrator: () => end('administrator'),
    async leave() {
      end('mig');
      end('administrator');
      await Promise.all(endings);
    },
  };
  return all;
}

/** Host, port and how the connection is secured are the administrator's. */
export async function projectLogin(
  { connect }: Door,
  names: DatabaseNames,
  role: LoginRole,
  passwords: Passwords,
): Promise<Login> {
  const admin = await connect(names.database);
  return { ...admin, database: names.database, user: names[role], password: passwords[role] };
}
