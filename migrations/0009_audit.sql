-- Invitations to teams, and the audit log: append-only, each entry's hash covers the one before it.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  email_folded TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'member', 'billing')),
  token_hash TEXT NOT NULL UNIQUE,
  invited_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE (account_id, email_folded)
);

CREATE TABLE audit_log (
  sequence BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,        -- usr_…, key_…, 'cli', 'system' or ''
  action TEXT NOT NULL,       -- 'denied', 'grant_issued', 'member_removed' …
  account_id TEXT NOT NULL,   -- '' when it is about no account
  target TEXT NOT NULL,       -- what was acted upon: an id or a route
  reason TEXT NOT NULL,
  address TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_log_of_account ON audit_log (account_id, sequence);
