-- What explains a run, lanes of members who are billed side by side, and versions of the tariff.
-- Instants are microseconds UTC, amounts milliseconds.

ALTER TABLE runs ADD COLUMN lane TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN idle_ms BIGINT NOT NULL DEFAULT 0;        -- pauses inside the run
ALTER TABLE runs ADD COLUMN routes TEXT NOT NULL DEFAULT '';          -- proofs per class: "data:3,beat:2"
ALTER TABLE runs ADD COLUMN opened_by TEXT;                           -- class of the first proof
ALTER TABLE runs ADD COLUMN last_proof_at BIGINT NOT NULL DEFAULT 0;  -- 0: not known

ALTER TABLE run_parts ADD COLUMN idle_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_parts ADD COLUMN routes TEXT NOT NULL DEFAULT '';

CREATE TABLE tariffs (
  version BIGINT PRIMARY KEY,
  applies_from BIGINT NOT NULL,  -- runs that open from then on
  set_at BIGINT NOT NULL,
  idle_gap_us BIGINT NOT NULL,
  min_proof_us BIGINT NOT NULL,
  concurrency TEXT NOT NULL,
  max_parallel BIGINT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL
);

-- Random bytes of this installation that never leave it with an export.
CREATE TABLE installation_secrets (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
);
