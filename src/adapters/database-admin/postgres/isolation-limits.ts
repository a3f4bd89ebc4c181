import { z } from 'zod';
import type { IsolationLimit } from '../../../ports/database-admin.ts';
import type { SqlSession } from '../../../ports/sql.ts';

const powersShape = z.object({
  superuser: z.boolean(),
  /** pg_authid, where the password verifiers are. */
  readsVerifiers: z.boolean(),
  readsHbaRules: z.boolean(),
  /** The schema public of a new database can be dropped: a superuser's before PostgreSQL 15. */
  closesPublic: z.boolean(),
  /** The server itself bounds the temporary files of everybody. */
  boundsTempFiles: z.boolean(),
});

/** What the administrator may look at and set in this cluster. */
export type Powers = z.output<typeof powersShape>;

const POWERS = `
  SELECT r.rolsuper AS superuser,
    has_column_privilege('pg_authid', 'rolpassword', 'select') AS "readsVerifiers",
    has_table_privilege('pg_hba_file_rules', 'select')
      AND has_function_privilege('pg_hba_file_rules()', 'execute') AS "readsHbaRules",
    r.rolsuper OR current_setting('server_version_num')::int >= 150000 AS "closesPublic",
    -- What is set for the administrator alone bounds nobody else.
    (SELECT setting <> '-1' AND source IN ('configuration file', 'command line') FROM pg_settings
      WHERE name = 'temp_file_limit') AS "boundsTempFiles"
  FROM pg_roles r WHERE r.rolname = current_user`;

export async function readPowers(session: SqlSession): Promise<Powers> {
  const { rows } = await session.query(POWERS);
  return powersShape.parse(rows[0]);
}

/** The checks that have to be left out with such powers. */
export function findLimits(powers: Powers): readonly IsolationLimit[] {
  const limits: (IsolationLimit & { readonly applies: boolean })[] = [
    {
      check: 'V7',
      applies: !powers.readsVerifiers,
      reason: 'Only a superuser may read how passwords are stored, so a weak form of one would go unnoticed.',
      remedy: 'Set password_encryption = scram-sha-256 for the server; passwords made here are stored so in any case.',
    },
    {
      check: 'V9',
      applies: !powers.superuser && !powers.boundsTempFiles,
      reason: 'Only a superuser may set temp_file_limit, so one project can fill the disk with temporary files.',
      remedy: 'Set temp_file_limit for the whole server, such as 256MB.',
    },
    {
      check: 'V10',
      applies: !powers.readsHbaRules,
      reason: 'pg_hba.conf is neither ours nor readable, so privileges alone keep projects out of each other.',
      remedy:
        'Look there for methods trust, password and md5; "host samerole all … scram-sha-256" is a second barrier.',
    },
    {
      check: 'D1',
      applies: !powers.closesPublic,
      reason:
        'Before PostgreSQL 15 only a superuser may close schema public, where every login of a project may create.',
      remedy: 'As superuser in each project database: DROP SCHEMA public; or use PostgreSQL 15 or newer.',
    },
    {
      check: 'D9',
      applies: !powers.superuser,
      reason:
        'Only a superuser may close plpgsql and large objects, so logins of a project may use both in its database.',
      remedy: 'As superuser in each project database: REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC.',
    },
  ];
  return limits.filter(({ applies }) => applies).map(({ applies: _applies, ...limit }) => limit);
}
