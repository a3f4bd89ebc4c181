-- What was proven of a project, and the databases it is proven on.

CREATE TABLE verifications (
  project_id varchar(16) PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  fingerprint text NOT NULL,
  profile text NOT NULL CHECK (profile IN ('quick', 'full')),
  passed boolean NOT NULL,
  report jsonb NOT NULL,
  created_at bigint NOT NULL
);
COMMENT ON TABLE verifications IS 'The last verification of each project; fingerprint is that of the files it was made for.';

-- No foreign key: what a killed verification left is taken away also when its project is gone.
CREATE TABLE scratch_databases (
  id varchar(16) PRIMARY KEY CHECK (id ~ '^[a-z0-9]{16}$'),
  project_id varchar(16) NOT NULL,
  created_at bigint NOT NULL
);
COMMENT ON TABLE scratch_databases IS 'Databases that live as long as a verification; id stands where project_databases has that of a project.';
