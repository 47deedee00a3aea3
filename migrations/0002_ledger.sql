-- The ledger. `journal` is append-only and is the truth; every other table can be rebuilt from it
-- (`redline ledger verify` does so and compares). Instants are microseconds UTC, amounts
-- milliseconds. docs/ledger-journal.md describes the hash.

CREATE TABLE journal (
  sequence BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  grant_id TEXT,
  run_id TEXT,
  amount_ms BIGINT NOT NULL CHECK (amount_ms >= 0),
  from_bucket TEXT NOT NULL,
  to_bucket TEXT NOT NULL,
  available_after_ms BIGINT NOT NULL,
  business_key TEXT NOT NULL UNIQUE,
  tariff BIGINT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  details TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX journal_by_account ON journal (account_id, sequence);

-- available_ms is negative where time was taken back after it was used (a debt).
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  priority BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT,
  issued_ms BIGINT NOT NULL,
  available_ms BIGINT NOT NULL,
  held_ms BIGINT NOT NULL CHECK (held_ms >= 0),
  consumed_ms BIGINT NOT NULL CHECK (consumed_ms >= 0),
  expired_ms BIGINT NOT NULL CHECK (expired_ms >= 0),
  revoked_ms BIGINT NOT NULL CHECK (revoked_ms >= 0),
  business_key TEXT NOT NULL UNIQUE,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  CHECK (issued_ms = available_ms + held_ms + consumed_ms + expired_ms + revoked_ms)
);
CREATE INDEX grants_by_account ON grants (account_id, issued_at);
CREATE INDEX grants_by_expiry ON grants (expires_at)
  WHERE available_ms > 0 AND expires_at IS NOT NULL;

-- ended_because is null while the run is open.
CREATE TABLE runs (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  ended_because TEXT,
  billed_ms BIGINT NOT NULL CHECK (billed_ms >= 0),
  unbilled_ms BIGINT NOT NULL CHECK (unbilled_ms >= 0),
  unbilled_reason TEXT NOT NULL,
  overlap_ms BIGINT NOT NULL CHECK (overlap_ms >= 0),
  proofs BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  tariff BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  CHECK (start_at < end_at)
);
CREATE INDEX runs_by_end ON runs (account_id, end_at);

-- What each live run of a meter has contributed so far, so that a snapshot counts once.
CREATE TABLE run_parts (
  account_id TEXT NOT NULL,
  part_id TEXT NOT NULL,
  proofs BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  overlap_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, part_id)
);

-- Which grants a run burned.
CREATE TABLE run_charges (
  account_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  amount_ms BIGINT NOT NULL CHECK (amount_ms > 0),
  PRIMARY KEY (account_id, run_id, grant_id)
);

-- Sums over the grants of an account; version is the sequence of its last journal entry.
CREATE TABLE balances (
  account_id TEXT PRIMARY KEY,
  issued_ms BIGINT NOT NULL,
  available_ms BIGINT NOT NULL,
  held_ms BIGINT NOT NULL,
  consumed_ms BIGINT NOT NULL,
  expired_ms BIGINT NOT NULL,
  revoked_ms BIGINT NOT NULL,
  debt_ms BIGINT NOT NULL CHECK (debt_ms >= 0),
  version BIGINT NOT NULL,
  CHECK (issued_ms = available_ms + held_ms + consumed_ms + expired_ms + revoked_ms)
);
