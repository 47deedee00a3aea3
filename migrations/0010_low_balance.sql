-- Warnings before the time runs out: which ones an account wants, and what it was told last.
CREATE TABLE low_balance_settings (
  account_id TEXT PRIMARY KEY,                -- no row: all of them
  hour BIGINT NOT NULL,
  quarter_hour BIGINT NOT NULL,
  zero BIGINT NOT NULL,
  mail BIGINT NOT NULL
);
CREATE TABLE low_balance_warnings (
  account_id TEXT NOT NULL,
  level_ms BIGINT NOT NULL,
  warned_at BIGINT NOT NULL,                  -- armed again by a grant that is issued later
  PRIMARY KEY (account_id, level_ms)
);
