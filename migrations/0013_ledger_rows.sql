-- What a settlement writes every second is one row of the journal, one of a grant and one of a run.
-- A grant and a run are found by the journal's entry that made them. The grant that a run burned
-- stands in the run while it is the only one, the counts of its only live run do, too. An account's
-- balance is the sum over its grants and is not kept a second time.

CREATE TABLE grants_next (
  entry BIGINT PRIMARY KEY,    -- sequence in the journal
  id TEXT NOT NULL UNIQUE,
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
INSERT INTO grants_next SELECT (SELECT sequence FROM journal WHERE business_key = 'grant:' ||
    grants.business_key AND kind NOT IN ('run_charged', 'run_recorded', 'run_reassigned')),
  id, account_id, kind, priority, issued_at, expires_at, issued_ms, available_ms, held_ms,
  consumed_ms, expired_ms, revoked_ms, business_key, reason, actor FROM grants;
DROP TABLE grants;
ALTER TABLE grants_next RENAME TO grants;
CREATE INDEX grants_by_account ON grants (account_id, issued_at);
CREATE INDEX grants_by_expiry ON grants (expires_at)
  WHERE available_ms > 0 AND expires_at IS NOT NULL;

CREATE TABLE runs_next (
  entry BIGINT PRIMARY KEY,    -- sequence in the journal
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL,
  ended_because TEXT,          -- null: open
  billed_ms BIGINT NOT NULL CHECK (billed_ms >= 0),
  grant_id TEXT,               -- what it burned; null: nothing, or several, which run_charges has
  unbilled_ms BIGINT NOT NULL CHECK (unbilled_ms >= 0),
  unbilled_reason TEXT NOT NULL,
  overlap_ms BIGINT NOT NULL CHECK (overlap_ms >= 0),
  proofs BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  tariff BIGINT NOT NULL,
  lane TEXT NOT NULL,
  idle_ms BIGINT NOT NULL,
  routes TEXT NOT NULL,
  opened_by TEXT,
  last_proof_at BIGINT NOT NULL,
  UNIQUE (account_id, id),
  CHECK (start_at < end_at)
);
INSERT INTO runs_next SELECT made.entry, runs.account_id, runs.id, start_at, end_at, ended_because,
  billed_ms, burned.grant_id, unbilled_ms, unbilled_reason, overlap_ms, proofs, requests, tariff,
  lane, idle_ms, routes, opened_by, last_proof_at
  FROM runs
  LEFT JOIN (SELECT account_id, run_id, min(sequence) AS entry FROM journal
    WHERE run_id IS NOT NULL GROUP BY account_id, run_id) AS made
    ON made.account_id = runs.account_id AND made.run_id = runs.id
  LEFT JOIN (SELECT account_id, run_id, min(grant_id) AS grant_id FROM run_charges
    GROUP BY account_id, run_id HAVING count(*) = 1) AS burned
    ON burned.account_id = runs.account_id AND burned.run_id = runs.id;
DROP TABLE runs;
ALTER TABLE runs_next RENAME TO runs;
CREATE INDEX runs_by_end ON runs (account_id, end_at);

DELETE FROM run_charges WHERE EXISTS (SELECT 1 FROM runs WHERE runs.account_id =
  run_charges.account_id AND runs.id = run_charges.run_id AND runs.grant_id IS NOT NULL);

-- A live run without a row counted what the run of the same id counts.
INSERT INTO run_parts (account_id, part_id, proofs, requests, overlap_ms, idle_ms, routes)
  SELECT account_id, id, 0, 0, 0, 0, '' FROM runs WHERE (proofs <> 0 OR requests <> 0 OR
  overlap_ms <> 0 OR idle_ms <> 0 OR routes <> '') AND NOT EXISTS (SELECT 1 FROM run_parts WHERE
  run_parts.account_id = runs.account_id AND run_parts.part_id = runs.id);
DELETE FROM run_parts WHERE EXISTS (SELECT 1 FROM runs WHERE runs.account_id =
  run_parts.account_id AND runs.id = run_parts.part_id AND runs.proofs = run_parts.proofs AND
  runs.requests = run_parts.requests AND runs.overlap_ms = run_parts.overlap_ms AND
  runs.idle_ms = run_parts.idle_ms AND runs.routes = run_parts.routes);

DROP TABLE balances;
