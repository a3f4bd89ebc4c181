-- What was applied to a project, step by step, so that code, schema and rows can be taken back as one.

CREATE TABLE versions (
  project_id varchar(16) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  number integer NOT NULL CHECK (number > 0),
  kind text NOT NULL CHECK (kind IN ('create', 'evolve', 'migrate')),
  state text NOT NULL CHECK (state IN ('begun', 'applied', 'undoing', 'undone', 'redoing', 'replaced')),
  details jsonb NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (project_id, number)
);
COMMENT ON TABLE versions IS 'Steps of a project; one in the state begun, undoing or redoing was cut, or is under way.';
COMMENT ON COLUMN versions.details IS 'Schemas before and after, migrations, commits, and where rows were put aside; never rows, never a secret.';
