-- Mails with one-time tokens, second factors, what a session list shows, and deleted users.
ALTER TABLE users ADD COLUMN second_factor TEXT;          -- sealed; NULL: off
ALTER TABLE users ADD COLUMN second_factor_pending TEXT;  -- sealed; shown, not yet confirmed
ALTER TABLE users ADD COLUMN second_factor_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted_at BIGINT;
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_seen_at BIGINT;

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id),
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE one_time_tokens (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email')),
  user_id TEXT REFERENCES users (id),  -- NULL: asked for somebody unknown; good for nothing
  email TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_tokens_of_user ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_by_end ON one_time_tokens (expires_at);

-- Keyed marks of deleted users, so that signing up again brings no second trial.
CREATE TABLE past_trials (
  mark TEXT PRIMARY KEY
);

CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  queued_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL
);
CREATE INDEX mails_by_due ON mails (due_at, id);
