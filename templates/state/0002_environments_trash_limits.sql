-- Databases may wait in the trash, have limits of their own, and change their passwords without losing them.

ALTER TABLE project_databases DROP CONSTRAINT project_databases_desired_check;
ALTER TABLE project_databases
  ADD CONSTRAINT project_databases_desired_check CHECK (desired IN ('present', 'trashed', 'absent')),
  ADD COLUMN trashed_at bigint,
  ADD COLUMN next_mig_secret text,
  ADD COLUMN next_app_secret text,
  ADD COLUMN next_ro_secret text,
  ADD COLUMN rotation text CHECK (rotation IN ('roles', 'files')),
  ADD COLUMN connection_limit integer CHECK (connection_limit > 0),
  ADD COLUMN statement_timeout_seconds integer CHECK (statement_timeout_seconds > 0),
  ADD COLUMN storage_mb integer CHECK (storage_mb >= 0),
  ADD CONSTRAINT project_databases_trash_check CHECK (desired <> 'trashed' OR trash_name IS NOT NULL),
  ADD CONSTRAINT project_databases_next_check
    CHECK (num_nulls(next_mig_secret, next_app_secret, next_ro_secret) IN (0, 3));
COMMENT ON COLUMN project_databases.rotation IS
  'A change of passwords that is not finished: "roles" until the server has the new ones, then "files" until .env has.';
COMMENT ON COLUMN project_databases.connection_limit IS 'Of the backend''s login; null: the setting. Likewise the other two limits; 0 MB of storage: no bound.';
