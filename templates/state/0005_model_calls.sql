-- Calls of models are written down before they are made, so that a killed one is not forgotten, and with their answer,
-- so that a finished one is never paid twice.

ALTER TABLE model_calls DROP CONSTRAINT model_calls_outcome_check;
ALTER TABLE model_calls
  ADD CONSTRAINT model_calls_outcome_check CHECK (outcome IN ('sent', 'ok', 'failed', 'rejected')),
  ADD COLUMN call_key text,
  ADD COLUMN cached_tokens bigint,
  ADD COLUMN reasoning_tokens bigint,
  ADD COLUMN reserved_usd numeric(12, 6),
  ADD COLUMN answer text;
CREATE INDEX model_calls_call_key_idx ON model_calls (call_key);
COMMENT ON COLUMN model_calls.outcome IS
  'sent: no answer has come, or whoever waited for it was killed; rejected: answered, but of no use in the end.';
COMMENT ON COLUMN model_calls.call_key IS 'sha256 of model and question: the same question has the same key. The question itself is not kept.';
COMMENT ON COLUMN model_calls.reserved_usd IS 'The most the call could have cost: what counts against a limit while cost_usd is null.';
