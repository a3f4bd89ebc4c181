import { accountsOf } from './access.ts';
import { columnTypeSql } from './column-sql.ts';
import { literal, readableIdentifier as name } from './identifier.ts';
import { IS_ADMIN, policyDdl } from './policies.ts';
import type { Schema } from './schema.ts';

/**
 * Tables of the generated backend itself, beside those of the schema. Their names begin with an underscore, as no name
 * of a schema may. Those of accounts are there only when the schema has accounts.
 */
export const BACKEND_TABLES: readonly string[] = ['_idempotency_keys', '_login_failures', '_sessions'];

/** Makes the table of the answers that are given again. */
export const IDEMPOTENCY = `CREATE TABLE _idempotency_keys (
  key_hash bytea NOT NULL,
  fingerprint bytea NOT NULL,
  answer text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT _idempotency_keys_pkey PRIMARY KEY (key_hash)
);
COMMENT ON TABLE _idempotency_keys IS 'Answers to POST requests with an Idempotency-Key, kept for a day.';
`;

/*
 * The second wall for these: sessions are seen by the server alone, when it signs people in and out. The others need
 * none, because what they hold says nothing to who reads it: answers that are kept are sealed with the key of their
 * request, attempts are counted under hashes with the server's secret. The view shows which accounts have a session,
 * under hashes of what signed tokens name, and nothing that could be sent.
 */

/**
 * Makes the tables of the backend, and with accounts the view `_signed_in` and the policies of all tables; runs with
 * the schema's own first migration.
 */
export function backendDdl(schema: Schema): string {
  return [IDEMPOTENCY, accountsDdl(schema), policyDdl(schema)].filter((part) => part !== '').join('\n');
}

function accountsDdl(schema: Schema): string {
  return accountsOf(schema) ? `${sessionsDdl(schema)}\n${signedInDdl(schema)}` : '';
}

/** Makes the tables that keep who is signed in; nothing for a schema without accounts. */
export function sessionsDdl(schema: Schema): string {
  const accounts = accountsOf(schema);
  if (!accounts) return '';
  const { table, key } = accounts;
  return `CREATE TABLE _sessions (
  id_hash bytea NOT NULL,
  account_id ${columnTypeSql(key)} NOT NULL,
  refresh_hash bytea NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT _sessions_pkey PRIMARY KEY (id_hash),
  CONSTRAINT _sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES ${name(table.name)} (${name(key.name)}) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX _sessions_account_id_idx ON _sessions (account_id);
CREATE INDEX _sessions_expires_at_idx ON _sessions (expires_at);
COMMENT ON TABLE _sessions IS 'Who is signed in; of tokens only hashes.';
ALTER TABLE _sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_the_server ON _sessions
  USING (${IS_ADMIN});

CREATE TABLE _login_failures (
  key_hash bytea NOT NULL,
  attempts integer NOT NULL,
  until bigint NOT NULL,
  CONSTRAINT _login_failures_pkey PRIMARY KEY (key_hash)
);
CREATE INDEX _login_failures_until_idx ON _login_failures (until);
COMMENT ON TABLE _login_failures IS 'Attempts to sign in that failed, and registrations, by hashed login and address.';
`;
}

/** Makes the view of the accounts behind the sessions; nothing for a schema without accounts. */
export function signedInDdl(schema: Schema): string {
  const accounts = accountsOf(schema);
  if (!accounts) return '';
  const view = signedInView(schema, name(accounts.table.name), name(accounts.key.name));
  return `${view}COMMENT ON VIEW _signed_in IS 'The accounts behind the sessions, with the rights they have now.';
`;
}

/** A view sees what its owner sees, so that a session is found before anybody is signed in. */
function signedInView({ accounts }: Schema, table: string, key: string): string {
  const columns = 'session.id_hash, session.account_id';
  if (accounts === null || accounts.role === null || accounts.admins.length === 0) {
    return `CREATE VIEW _signed_in AS
SELECT ${columns}, false AS is_admin, session.expires_at
FROM _sessions AS session;
`;
  }
  const admins = accounts.admins.map((role) => literal(role).trimStart()).join(', ');
  return `CREATE VIEW _signed_in AS
SELECT ${columns}, coalesce(account.${name(accounts.role)}::text IN (${admins}), false) AS is_admin, session.expires_at
FROM _sessions AS session
JOIN ${table} AS account ON account.${key} = session.account_id;
`;
}
