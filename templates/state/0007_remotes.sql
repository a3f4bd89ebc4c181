-- What projects have on machines and in stores of others.

-- No foreign key: what is there must be found until it is gone, whatever became of the project.
CREATE TABLE project_remotes (
  project_id varchar(16) NOT NULL,
  remote text NOT NULL CHECK (remote IN ('daytona', 'fly', 'github', 's3')),
  place text NOT NULL,
  status text NOT NULL CHECK (status IN ('wished', 'there')),
  details jsonb NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, remote, place)
);
COMMENT ON TABLE project_remotes IS 'Written down before anything is made there, and removed when nothing is left; never a secret.';
COMMENT ON COLUMN project_remotes.place IS 'Name of the app, the sandbox, the repository (owner/name) or the bucket.';
