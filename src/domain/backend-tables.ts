/**
 * Tables of the generated backend itself, beside those of the schema. Their names begin with an underscore, as no name
 * of a schema may.
 */
export const BACKEND_TABLES: readonly string[] = ['_idempotency_keys'];

/** Makes them; runs with the schema's own first migration. */
export const BACKEND_DDL = `CREATE TABLE _idempotency_keys (
  key_hash bytea NOT NULL,
  fingerprint bytea NOT NULL,
  answer text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT _idempotency_keys_pkey PRIMARY KEY (key_hash)
);
COMMENT ON TABLE _idempotency_keys IS 'Answers to POST requests with an Idempotency-Key, kept for a day.';
`;
