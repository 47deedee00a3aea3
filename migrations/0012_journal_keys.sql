-- The index over business keys leaves out what runs post. Every second of every live run posts one
-- such entry, and its key can only be new: it says up to where the run was charged, and a run is
-- charged for what it was not charged for before. `redline ledger verify` looks at these, too.
CREATE TABLE journal_next (
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
  business_key TEXT NOT NULL,
  tariff BIGINT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  details TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
);
INSERT INTO journal_next SELECT sequence, at, kind, account_id, grant_id, run_id, amount_ms,
  from_bucket, to_bucket, available_after_ms, business_key, tariff, reason, actor, details,
  previous_hash, hash FROM journal ORDER BY sequence;
DROP TABLE journal;
ALTER TABLE journal_next RENAME TO journal;
CREATE INDEX journal_by_account ON journal (account_id, sequence);
CREATE UNIQUE INDEX journal_by_key ON journal (business_key)
  WHERE kind NOT IN ('run_charged', 'run_recorded', 'run_reassigned');
