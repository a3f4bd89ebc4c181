-- The metadata of turbobackend: what exists, what was wished, what was done. Times are unix seconds.
-- Runs in the metadata schema (search_path is set by the runner).

CREATE TABLE users (
  id varchar(40) PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at bigint NOT NULL
);
COMMENT ON TABLE users IS 'Owners of projects; by default the operating system''s user.';

CREATE TABLE projects (
  id varchar(16) PRIMARY KEY CHECK (id ~ '^[a-z0-9]{16}$'),
  owner_id varchar(40) NOT NULL REFERENCES users (id),
  name text NOT NULL,
  request text NOT NULL,
  directory text NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('creating', 'ready', 'destroying')),
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX projects_owner_id_idx ON projects (owner_id);

-- No foreign key to projects: the wish "absent" must outlive the project until everything is really gone.
CREATE TABLE project_databases (
  project_id varchar(16) NOT NULL,
  env text NOT NULL CHECK (env IN ('dev', 'staging', 'prod')),
  db_name text NOT NULL UNIQUE,
  system_identifier text NOT NULL,
  desired text NOT NULL CHECK (desired IN ('present', 'absent')),
  status text NOT NULL CHECK (status IN ('creating', 'ready', 'deleting', 'trashed', 'failed')),
  generation bigint NOT NULL,
  mig_secret text NOT NULL,
  app_secret text NOT NULL,
  ro_secret text NOT NULL,
  trash_name text,
  last_error text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, env)
);
COMMENT ON COLUMN project_databases.mig_secret IS 'Password sealed with AES-256-GCM, like app_secret and ro_secret; never plain text.';

CREATE TABLE generated_queries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id varchar(16) NOT NULL,
  env text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('provision', 'migration')),
  sql text NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX generated_queries_project_id_idx ON generated_queries (project_id);
COMMENT ON TABLE generated_queries IS 'Every statement turbobackend ran for a project, secrets masked.';

CREATE TABLE services (
  project_id varchar(16) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL,
  framework text NOT NULL,
  directory text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, name)
);
COMMENT ON TABLE services IS 'The runnable parts of a project; today one, its REST backend.';

CREATE TABLE deployments (
  project_id varchar(16) NOT NULL,
  service text NOT NULL,
  target text NOT NULL,
  url text NOT NULL,
  port integer NOT NULL,
  status text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (project_id, service, target),
  FOREIGN KEY (project_id, service) REFERENCES services (project_id, name) ON DELETE CASCADE
);
COMMENT ON TABLE deployments IS 'The last known place of each service; whether it runs is asked of the target, not read here.';

CREATE TABLE generation_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id varchar(16) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  schema jsonb,
  files jsonb NOT NULL,
  tool_version text NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX generation_history_project_id_idx ON generation_history (project_id);

CREATE TABLE categories (
  name text PRIMARY KEY,
  description text NOT NULL
);

CREATE TABLE technologies (
  name text PRIMARY KEY,
  description text NOT NULL
);

CREATE TABLE templates (
  name text PRIMARY KEY,
  title text NOT NULL,
  description text NOT NULL,
  category text NOT NULL REFERENCES categories (name),
  schema jsonb NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX templates_category_idx ON templates (category);

CREATE TABLE template_technologies (
  template text NOT NULL REFERENCES templates (name) ON DELETE CASCADE,
  technology text NOT NULL REFERENCES technologies (name),
  PRIMARY KEY (template, technology)
);

CREATE TABLE activity_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id varchar(16),
  action text NOT NULL,
  details jsonb NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX activity_logs_project_id_idx ON activity_logs (project_id);

CREATE TABLE model_calls (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id varchar(16),
  phase text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  input_tokens bigint,
  output_tokens bigint,
  cost_usd numeric(12, 6),
  ms integer NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('ok', 'failed')),
  created_at bigint NOT NULL
);
CREATE INDEX model_calls_project_id_idx ON model_calls (project_id);
COMMENT ON COLUMN model_calls.cost_usd IS 'US dollars; null when the price is not known.';
