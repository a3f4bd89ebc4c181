-- A key that was replaced must not seal anything any more, also not in a process that still has it in memory.

CREATE TABLE retired_keys (
  id text PRIMARY KEY,
  retired_at bigint NOT NULL
);
COMMENT ON TABLE retired_keys IS 'Ids of keys that `secrets rotate-key` has replaced; ids tell nothing about the keys.';

-- A sealed value reads v1.<key id>.<bytes>.
CREATE FUNCTION sealing_keys(project_databases) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    split_part($1.mig_secret, '.', 2), split_part($1.app_secret, '.', 2), split_part($1.ro_secret, '.', 2),
    split_part($1.next_mig_secret, '.', 2), split_part($1.next_app_secret, '.', 2), split_part($1.next_ro_secret, '.', 2)
  ]
$$;

CREATE FUNCTION refuse_retired_keys() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT FROM retired_keys WHERE id = ANY (sealing_keys(NEW))) THEN
    RAISE EXCEPTION 'sealed with a retired key' USING ERRCODE = 'TB001';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER project_databases_refuse_retired_keys
  BEFORE INSERT OR UPDATE OF mig_secret, app_secret, ro_secret, next_mig_secret, next_app_secret, next_ro_secret
  ON project_databases FOR EACH ROW EXECUTE FUNCTION refuse_retired_keys();
