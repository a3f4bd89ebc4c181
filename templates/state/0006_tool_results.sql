-- What came of the tools that a model used: with it and the answers of the model a conversation can be gone through again.

CREATE TABLE tool_results (
  call_key text PRIMARY KEY,
  results jsonb NOT NULL,
  at bigint NOT NULL
);
COMMENT ON TABLE tool_results IS 'Texts that a model was given for the tools it used; no rows and no secrets are among them.';
COMMENT ON COLUMN tool_results.call_key IS 'sha256 of the key of the call that asked for them and of what it asked for.';
